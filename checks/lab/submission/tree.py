"""The tree: what lies below a path, opened one step at a time, so that no link leads out of it.

No function here trusts a name that was checked before: it holds a folder open while it reads it, and checks each file
again after opening it. If a system can't hold folders open (Windows), each step is checked right before it is taken.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum, auto
from itertools import islice
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any

HOLDS = {os.open, os.stat, os.readlink} <= os.supports_dir_fd and os.scandir in os.supports_fd
# O_NONBLOCK, since a named pipe may never have a writer.
FILE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
JUNCTION = 0xA0000003  # what Windows calls a folder that is a link in all but name
MOST_ENTRIES = 10_000  # in all folders below one
DEEPEST = 16  # folders in folders


class Kind(Enum):
    """What a name stands for."""

    NOTHING = auto()
    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    OTHER = auto()


class TooMuch(Exception):
    """There is more than an honest submission has; the message says of what."""


class Folder:
    """An open folder. Names are looked up in this very folder, even if its path leads elsewhere meanwhile."""

    def __init__(self, path: Path, above: "Folder | None" = None) -> None:
        """Open a folder: by its path, if somebody named it, or as a name in the folder `above`.

        Raises:
            OSError: it can't be opened, or is a link inside the folder `above`.
        """
        self.path = path
        self._handle: int | None = None
        if HOLDS:
            flags = os.O_RDONLY | os.O_DIRECTORY | (os.O_NOFOLLOW if above else 0)
            self._handle = os.open(flags=flags, **(above._at(path.name) if above else {"path": path}))
        elif above and above.kind(path.name) is not Kind.FOLDER:
            raise OSError(errno.ENOTDIR, "it is no folder any more", path.name)

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def _at(self, name: str) -> dict[str, Any]:
        return {"path": self.path / name} if self._handle is None else {"path": name, "dir_fd": self._handle}

    def kind(self, name: str) -> Kind:
        """Return what kind `name` is in this folder; a link counts as a link, whatever it leads to."""
        with suppress(OSError, ValueError):
            return _kind(os.stat(follow_symlinks=False, **self._at(name)))
        return Kind.NOTHING

    def names(self, most: int) -> list[str]:
        """Return the names in this folder, sorted.

        Raises:
            TooMuch: there are more than `most`.
        """
        with os.scandir(self.path if self._handle is None else self._handle) as entries:
            names = sorted(entry.name for entry in islice(entries, most + 1))
        if len(names) > most:
            raise TooMuch(f"{MOST_ENTRIES} files and folders")
        return names

    def folder(self, name: str) -> "Folder":
        """Open a folder in this one."""
        return Folder(self.path / name, self)

    def read(self, name: str, most: int) -> bytes:
        """Return the content of a plain file, or one byte more than `most` of it if it is longer.

        Raises:
            OSError: it is not a plain file, or can't be read.
        """
        if self.kind(name) is Kind.FILE:
            with os.fdopen(os.open(flags=os.O_RDONLY | FILE_FLAGS, **self._at(name)), "rb") as file:
                if _kind(os.fstat(file.fileno())) is Kind.FILE:
                    return file.read(most + 1)
        raise OSError(errno.EINVAL, "it is no plain file", name)

    def target(self, name: str) -> str:
        """Return where a link says that it leads."""
        return str(os.readlink(**self._at(name)))


def below(top: Folder, counts: Callable[[str], bool]) -> Iterator[tuple[Folder, PurePath, Kind]]:
    """Yield all entries below a folder except folders: the open folder that holds it, its name from `top` on, its kind.

    An entry that does not count, as `counts` tells by its name, is skipped with everything in it.

    Raises:
        TooMuch: there are more entries, or deeper folders, than an honest submission has.
    """
    return _below(top, PurePath(), counts, iter(range(MOST_ENTRIES)))


def _below(
    folder: Folder, above: PurePath, counts: Callable[[str], bool], room: Iterator[int]
) -> Iterator[tuple[Folder, PurePath, Kind]]:
    if len(above.parts) > DEEPEST:
        raise TooMuch(f"{DEEPEST} folders in each other")
    inner = []
    for name in folder.names(MOST_ENTRIES):
        if next(room, None) is None:
            raise TooMuch(f"{MOST_ENTRIES} files and folders")
        kind = folder.kind(name) if counts(name) else Kind.NOTHING
        if kind is Kind.FOLDER:
            inner.append(name)
        elif kind is not Kind.NOTHING:
            yield folder, above / name, kind
    for name in inner:
        with folder.folder(name) as entered:
            yield from _below(entered, above / name, counts, room)


def _kind(status: os.stat_result) -> Kind:
    if getattr(status, "st_reparse_tag", 0) == JUNCTION or stat.S_ISLNK(status.st_mode):
        return Kind.LINK
    if stat.S_ISDIR(status.st_mode):
        return Kind.FOLDER
    return Kind.FILE if stat.S_ISREG(status.st_mode) else Kind.OTHER
