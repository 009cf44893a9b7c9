"""Unpacks one archive, by rules of our own, into a folder of plain files; runs in a process that has limits.

A file of its own that imports nothing of the course, since it runs in a cell: `python -c ... ARCHIVE FOLDER SUFFIX...`
unpacks the files with these suffixes. It begins when its standard input is closed, and says so once its limits are set.
Status 0: everything is unpacked. Status REFUSED: its last line says why not.

It believes nothing in an archive: neither names nor sizes, not even that it is an archive.
"""

import bz2
import gzip
import io
import lzma
import re
import stat
import sys
import tarfile
import unicodedata
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

OPENERS = {".tar": io.FileIO, ".gz": gzip.open, ".tgz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
SUFFIXES = (".zip", *OPENERS)
NOT_OURS = re.compile(r"\.|__|node_modules$|venv$|env$")  # folders that tools leave beside people's own files
MOST_ENTRIES = 50_000  # including those in such folders
MOST_FILES = 1_000
MIB = 1024**2
MOST_BYTES = 32 * MIB
MOST_READ = 512 * MIB  # unpacked, including everything that is skipped
MOST_AT_ONCE = 16 * MIB  # a zip's list of contents, which is read as a whole: MOST_ENTRIES take a quarter of this
MOST_ABOUT_ONE = 64 * 1024  # bytes that a tar may say about one entry, such as its name
ANNOUNCING = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
LONGEST_NAME = 200
LIMITS = {"RLIMIT_AS": 512 * MIB, "RLIMIT_CPU": 5, "RLIMIT_FSIZE": MOST_BYTES, "RLIMIT_CORE": 0}
REFUSED = 9


class Refused(Exception):
    """The archive breaks a rule; the message continues a sentence that begins with the archive's name."""


@dataclass(frozen=True)
class Packed:
    """One entry of an archive as the archive describes it, and a function that opens its content."""

    name: str
    is_folder: bool
    is_plain: bool
    content: IO[bytes] | None


def unpack(path: Path, folder: Path, suffixes: Collection[str]) -> None:
    """Write the plain files of an archive that have one of the suffixes into a folder.

    Raises:
        Refused: it breaks a rule. Any other exception: it is no archive, or a broken one.
    """
    taken: set[str] = set()
    room = MOST_BYTES
    entries = _zipped(path, suffixes) if path.suffix.lower() == ".zip" else _tarred(path)
    for count, entry in enumerate(entries, start=1):
        if count > MOST_ENTRIES:
            raise Refused(f"holds more than {MOST_ENTRIES} entries")
        name = _vetted(entry)
        if any(NOT_OURS.match(part) for part in name.parts[:-1]) or name.name.startswith((".", "__MACOSX")):
            continue
        if len(str(name)) > LONGEST_NAME:
            raise Refused(f"holds a name of {len(str(name))} letters")
        if not (entry.is_plain or entry.is_folder):
            raise Refused(f"holds {name}, which is a link or a special file")
        if entry.is_folder or name.suffix not in suffixes or entry.content is None:
            continue
        if (same := unicodedata.normalize("NFKC", str(name)).casefold()) in taken:
            raise Refused(f"holds {name} twice; for some systems A.py and a.py are one name")
        taken.add(same)
        content = entry.content.read(room + 1)
        room -= len(content)
        if room < 0 or len(taken) > MOST_FILES:
            raise Refused(f"holds more than {MOST_FILES} files or {MOST_BYTES >> 20} MB")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("xb") as file:
            file.write(content)


def _vetted(entry: Packed) -> PurePosixPath:
    """Return an entry's name, provided that it stays inside the archive's own folder."""
    name = PurePosixPath(entry.name.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", entry.name):
        raise Refused(f"holds {entry.name[:LONGEST_NAME]!r}, a path that leads out of it")
    if re.search(r"[\x00-\x1f\x7f]", entry.name):
        raise Refused(f"holds {entry.name[:LONGEST_NAME]!r}, a name with control characters")
    return name


def _zipped(path: Path, suffixes: Collection[str]) -> Iterator[Packed]:
    with _Sips(path) as file, zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            is_plain = kind in (0, stat.S_IFREG) and not info.is_dir()
            is_folder = info.is_dir() and kind in (0, stat.S_IFDIR)
            if is_plain and PurePosixPath(info.filename).suffix in suffixes:
                with archive.open(info) as content:
                    yield Packed(info.filename, is_folder, is_plain, content)
            else:
                yield Packed(info.filename, is_folder, is_plain, None)


class _Sips(io.FileIO):
    """A file that refuses huge reads: a zip says how long its list of contents is, and zipfile reads it at once."""

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(MOST_AT_ONCE + 1 if size is None or size < 0 else min(size, MOST_AT_ONCE + 1)) or b""
        if len(content) > MOST_AT_ONCE:
            raise Refused(f"holds more than {MOST_ENTRIES} entries")
        return content


def _tarred(path: Path) -> Iterator[Packed]:
    opener: Any = OPENERS[path.suffix.lower()]
    capped = _Capped(opener(path, "rb"))
    with tarfile.open(fileobj=capped, mode="r|", tarinfo=_Header) as archive:
        for info in archive:
            is_plain = info.isreg() and not info.issparse()
            yield Packed(info.name, info.isdir(), is_plain, archive.extractfile(info) if is_plain else None)


class _Header(tarfile.TarInfo):
    """A tar's header. Some headers announce a text about the next entry, such as a long name, which is read at once."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in ANNOUNCING and header.size > MOST_ABOUT_ONE:
            raise Refused(f"says more about one entry than {MOST_ABOUT_ONE >> 10} kB")
        return header


class _Capped(io.RawIOBase):
    """A stream that raises an error after more bytes than any submission has."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._room = MOST_READ

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(min(size, self._room + 1) if size >= 0 else self._room + 1)
        self._room -= len(content)
        if self._room < 0:
            raise Refused(f"holds more than {MOST_READ >> 20} MB, with all that takes no part")
        return content


def _limit() -> None:
    """Limit this process, if the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in LIMITS.items():
        _, most = resource.getrlimit(getattr(resource, name))
        wanted = value if most == resource.RLIM_INFINITY else min(value, most)
        try:
            resource.setrlimit(getattr(resource, name), (wanted, wanted))
        except (ValueError, OSError):  # macOS does not enforce a limit for memory
            continue


def main() -> int:
    """Unpack what the command line names; return the status to end with."""
    sys.stdin.read()  # until it is closed: the cell sets wider limits from outside, and ours have to come after them
    _limit()
    print("began", flush=True)
    try:
        unpack(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    except Refused as error:
        said = str(error)
    except MemoryError:
        said = f"takes more than {LIMITS['RLIMIT_AS'] // MIB} MB of memory to unpack"
    except Exception as error:  # noqa: BLE001 - Python's own readers raise many kinds
        said = f"can't be read as an archive ({type(error).__name__})"
    else:
        return 0
    print(said.encode("utf-8", "replace").decode(), flush=True)
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
