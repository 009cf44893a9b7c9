"""An archive: a submission that comes as zip or tar, unpacked by rules of our own into a folder of plain files.

Nothing in an archive is believed: not its names, not its sizes, not that it is one.
"""

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from checks.lab.verdict import Failed

OPENERS = {".tar": io.FileIO, ".gz": gzip.open, ".tgz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
SUFFIXES = (".zip", *OPENERS)
TAKEN = {".py", ".csv", ".json", ".toml", ".conf", ".md"}  # which of them take part is decided as for any folder
NOT_OURS = re.compile(r"\.|__|node_modules$|venv$|env$")  # folders that tools leave beside people's own files
KEPT = re.compile(r"\d\d_|simulations$|jsonplaceholder_task$")  # folders whose names say what is in them
MOST_ENTRIES = 50_000  # with such folders
MOST_FILES = 1_000
MOST_BYTES = 32 * 1024**2
MOST_READ = 512 * 1024**2  # unpacked, with all that is passed over
LONGEST_NAME = 200
UNREADABLE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, RuntimeError, NotImplementedError, OverflowError, MemoryError, IndexError, KeyError),
)


@dataclass(frozen=True)
class Entry:
    """One entry of an archive as it says of itself, and the way to its content."""

    name: str
    is_folder: bool
    is_plain: bool
    content: IO[bytes] | None


def is_archive(path: Path) -> bool:
    """Tell whether a file calls itself an archive."""
    return path.name.lower().endswith(SUFFIXES)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give a folder with the plain files of an archive; it is gone after the block.

    Raises:
        Failed: the archive breaks a rule, or is none.
    """
    with tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as root:
        folder = Path(root, path.name.split(".")[0] or "archive")
        folder.mkdir()
        try:
            _unpack(path, folder)
        except UNREADABLE as error:
            raise _refused(path, f"can't be read as an archive ({type(error).__name__})") from None
        yield _innermost(folder)


def _unpack(path: Path, folder: Path) -> None:
    taken: set[str] = set()
    room = MOST_BYTES
    entries = _zipped(path) if path.suffix.lower() == ".zip" else _tarred(path)
    for count, entry in enumerate(entries, start=1):
        if count > MOST_ENTRIES:
            raise _refused(path, f"holds more than {MOST_ENTRIES} entries")
        name = _vetted(path, entry)
        if any(NOT_OURS.match(part) for part in name.parts[:-1]) or name.name.startswith((".", "__MACOSX")):
            continue
        if len(str(name)) > LONGEST_NAME:
            raise _refused(path, f"holds a name of {len(str(name))} letters")
        if not (entry.is_plain or entry.is_folder):
            raise _refused(path, f"holds {name}, which is a link or a special file")
        if entry.is_folder or name.suffix not in TAKEN or entry.content is None:
            continue
        if (same := unicodedata.normalize("NFKC", str(name)).casefold()) in taken:
            raise _refused(path, f"holds {name} twice; for some systems A.py and a.py are one name")
        taken.add(same)
        content = entry.content.read(room + 1)
        room -= len(content)
        if room < 0 or len(taken) > MOST_FILES:
            raise _refused(path, f"holds more than {MOST_FILES} files or {MOST_BYTES >> 20} MB")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("xb") as file:
            file.write(content)


def _vetted(path: Path, entry: Entry) -> PurePosixPath:
    """Return an entry's name where it leads nowhere but into the archive's own folder."""
    name = PurePosixPath(entry.name.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", entry.name):
        raise _refused(path, f"holds {entry.name[:LONGEST_NAME]!r}, a path that leads out of it")
    if re.search(r"[\x00-\x1f\x7f]", entry.name):
        raise _refused(path, f"holds {entry.name[:LONGEST_NAME]!r}, a name with control characters")
    return name


def _zipped(path: Path) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            is_plain = kind in (0, stat.S_IFREG) and not info.is_dir()
            is_folder = info.is_dir() and kind in (0, stat.S_IFDIR)
            if is_plain and PurePosixPath(info.filename).suffix in TAKEN:
                with archive.open(info) as content:
                    yield Entry(info.filename, is_folder, is_plain, content)
            else:
                yield Entry(info.filename, is_folder, is_plain, None)


def _tarred(path: Path) -> Iterator[Entry]:
    opener: Any = OPENERS[path.suffix.lower()]
    with opener(path, "rb") as stream, tarfile.open(fileobj=_Capped(stream), mode="r|") as archive:
        for info in archive:
            content = archive.extractfile(info) if info.isreg() else None
            yield Entry(info.name, info.isdir(), info.isreg() and not info.issparse(), content)


class _Capped(io.RawIOBase):
    """A stream that ends in an error after more bytes than any submission has."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._room = MOST_READ

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(min(size, self._room + 1) if size >= 0 else self._room + 1)
        self._room -= len(content)
        if self._room < 0:
            raise ValueError("too much")
        return content


def _innermost(folder: Path) -> Path:
    """Return the folder that holds something beside one folder: archives often wrap all in one."""
    inside = list(os.scandir(folder))
    if len(inside) == 1 and inside[0].is_dir() and not KEPT.match(inside[0].name):
        return _innermost(Path(inside[0].path))
    return folder


def _refused(path: Path, seen: str) -> Failed:
    return Failed(
        f"{path.name} {seen}",
        "a zip or tar of plain files with relative names",
        "pack the folder anew: the stage's own files alone, as they are",
    )
