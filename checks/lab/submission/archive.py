"""An archive: a submission that comes as zip or tar. It is unpacked in a cell, since an archive may attack there."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checks.lab.cell.practice import Cell
from checks.lab.outcome import Failed
from checks.lab.submission import unpack
from checks.lab.submission.answer import CODE
from checks.lab.submission.tree import DEEPEST
from checks.lab.submission.unpack import LIMITS, MIB, REFUSED, SUFFIXES
from checks.stages import STAGES, TAKEN_ALONG

NUMBERED = re.compile(r"\d\d_")  # the name of a stage, perhaps of another version of the course
SHOWN = sorted(TAKEN_ALONG | CODE)  # kinds that may take part or be shown; which files do is decided as for any folder
MOST_PACKED = 64 * MIB
WALL = 60.0  # seconds; an honest archive takes one; if the system can, CPU seconds are limited, too
MOST_SAID = 4096


def is_archive(path: Path) -> bool:
    """Tell whether a file is an archive by its name."""
    return bool(_suffix(path))


def _suffix(path: Path) -> str:
    """Return the archive suffix at the end of a name, which may consist of it (.zip); empty if there is none."""
    return next((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), "")


@contextmanager
def unpacked(path: Path, make_cell: Callable[[], Cell] = Cell) -> Iterator[Path]:
    """Yield a folder with the plain files of an archive; it is removed after the block.

    Raises:
        Failed: the archive breaks a rule, takes too much to unpack, or is no archive.
    """
    with make_cell() as cell:
        folder = cell.work / (re.sub(r"[^\w-]", "_", path.name.split(".")[0])[:100] or "archive")
        folder.mkdir()
        packed = cell.home / f"packed{_suffix(path)}"
        _copy(path, packed)
        _unpack(cell, path, packed, folder)
        yield _innermost(folder)


def _copy(path: Path, packed: Path) -> None:
    """Copy an archive to a place where a cell can read it, but no more of it than an honest one has."""
    room = MOST_PACKED
    with path.open("rb") as source, packed.open("wb") as copy:
        while chunk := source.read(min(MIB, room + 1)):
            room -= len(chunk)
            if room < 0:
                raise _refused(path, f"has more than {MOST_PACKED // MIB} MB")
            copy.write(chunk)


def _unpack(cell: Cell, path: Path, packed: Path, folder: Path) -> None:
    code = Path(unpack.__file__).read_text(encoding="utf-8")
    heard = cell.root / "unpack.log"
    with heard.open("wb") as output:
        process = cell.start(["-c", code, str(packed), str(folder), *SHOWN], output)
        try:
            process.communicate(timeout=WALL)  # closes its standard input
        except subprocess.TimeoutExpired:
            cell.kill(process)
    with heard.open("rb") as output:
        began, *said = output.read(MOST_SAID).decode("utf-8", "replace").replace("\r\n", "\n").strip().split("\n")
    if began != "began":  # it has not looked at the archive yet
        raise RuntimeError(f"the process that unpacks {path.name} has not started: {began}")
    if process.returncode == REFUSED and said:
        raise _refused(path, said[-1])
    if process.returncode:
        limits = f"{LIMITS['RLIMIT_AS'] // MIB} MB of memory and {LIMITS['RLIMIT_CPU']} s"
        raise _refused(path, f"can't be unpacked with {limits}")


def _innermost(folder: Path) -> Path:
    """Return the first folder that holds more than a single folder: archives often wrap everything in one."""
    for _ in range(DEEPEST):
        inside = list(os.scandir(folder))
        if len(inside) != 1 or not inside[0].is_dir(follow_symlinks=False) or _tells(inside[0].name):
            break
        folder = Path(inside[0].path)
    return folder


def _tells(name: str) -> bool:
    """Tell whether a folder's name says which stage it holds."""
    return name in STAGES or name in {stage.inner for stage in STAGES.values()} or bool(NUMBERED.match(name))


def _refused(path: Path, seen: str) -> Failed:
    return Failed(
        f"{path.name} {seen}",
        "a zip or tar of plain files with relative names",
        "pack the folder again: the stage's own files alone, as they are",
    )
