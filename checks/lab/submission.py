"""A submission: finds the files of one stage's answer, vets them, and copies what may take part."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.lab.verdict import Failed, NotStarted

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = ROOT / "exercises"
SOLUTIONS = ROOT / "solutions"
STARTERS = ROOT / "checks" / "starters"
TAKEN_ALONG = {".py", ".csv", ".json"}
TAKEN_BY_NAME = ("findings.toml", "master.conf", "worker.conf")  # no other: Locust obeys a locust.conf unasked
MAX_FILES = 100
MAX_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Submission:
    """One stage's answer: its folder, and the name of the locustfile in it."""

    stage: str
    folder: Path
    locustfile: str
    files: tuple[Path, ...]

    def copy_to(self, folder: Path) -> None:
        """Copy the files that take part into `folder`, keeping their relative names."""
        for file in self.files:
            destination = folder / file.relative_to(self.folder)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, destination, follow_symlinks=False)


def find(path: Path, stage: str) -> Submission:
    """Return what `path` holds for `stage`: a folder of stages, the stage's own folder, or a single locustfile.

    Raises:
        NotStarted: there is no answer to this stage, or it is the starter, unchanged.
        Failed: a file is of a kind or size that is not taken, or no locustfile can be told.
    """
    if path.is_file():
        submission = Submission(stage, path.parent, path.name, (path, *_beside(path)))
    else:
        folder = path / stage if (path / stage).is_dir() else path
        files = tuple(_vetted(folder)) if folder.is_dir() else ()
        others = {starter.name for starter in STARTERS.iterdir()} - {stage}
        if folder == path and (path.name in others or any((path / other).is_dir() for other in others)):
            raise NotStarted(f"{path.name}/ has no folder {stage}/")
        submission = Submission(stage, folder, _locustfile(folder, files), files)
    if _is_starter(submission):
        raise NotStarted(f"{submission.locustfile} is the starter, unchanged")
    return submission


def _vetted(folder: Path) -> Iterator[Path]:
    """Yield the files of `folder` that take part; links, devices and too much of anything are refused."""
    count = size = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        for name in sorted(names):
            file = Path(place, name)
            if (file.suffix not in TAKEN_ALONG and name not in TAKEN_BY_NAME) or name.startswith("."):
                continue
            count, size = count + 1, size + _size(file)
            if count > MAX_FILES or size > MAX_BYTES:
                limits = f"{MAX_FILES} files or {MAX_BYTES >> 20} MB"
                raise _refused(f"{folder.name}/ holds more than {limits}", "hand in the stage's files alone")
            yield file


def _beside(locustfile: Path) -> Iterator[Path]:
    """Yield the files that belong to a single locustfile because of their names."""
    for file in map(locustfile.with_name, TAKEN_BY_NAME):
        if os.path.lexists(file) and _size(file) <= MAX_BYTES:
            yield file


def _size(file: Path) -> int:
    """Return the bytes of a plain file; a link or a device is refused, unread."""
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise _refused(f"{file.name} is a link or a special file", "put a plain file in its place")
    return status.st_size


def _locustfile(folder: Path, files: tuple[Path, ...]) -> str:
    candidates = [file.name for file in files if file.parent == folder and file.suffix == ".py"]
    if "locustfile.py" in candidates:
        return "locustfile.py"
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise NotStarted(f"{folder.name}/ has no locustfile.py")
    raise _refused(f"{folder.name}/ holds {', '.join(candidates)}", "name the one to be judged locustfile.py")


def _refused(seen: str, advice: str) -> Failed:
    return Failed(seen, "plain files, and one locustfile.py among them", advice)


def _is_starter(submission: Submission) -> bool:
    """Tell whether each file that takes part is one of the starter's, as it was handed out."""
    starter = STARTERS / submission.stage

    def is_unchanged(file: Path) -> bool:
        name = file.relative_to(submission.folder)
        given = starter / ("locustfile.py" if str(name) == submission.locustfile else name)
        return given.is_file() and _text(given) == _text(file)

    return all(map(is_unchanged, submission.files))


def _text(file: Path) -> list[bytes]:
    """Return a file's lines without what editors change by themselves: line ends and trailing blanks."""
    return [line.rstrip() for line in file.read_bytes().rstrip().splitlines()]
