"""A submission: finds the files of one stage's answer, vets them, and copies what may take part."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from checks.lab.verdict import Failed, NotStarted

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = ROOT / "exercises"
SOLUTIONS = ROOT / "solutions"
STARTERS = ROOT / "checks" / "starters"
TAKE_HOME, INNER = "jsonplaceholder_task", "simulations"  # it lies beside the stages; what is handed in, in this folder
LOCUSTFILES = {TAKE_HOME: "demo_locustfile.py"}  # of the other stages: locustfile.py
PORTS = {TAKE_HOME: 5050}  # where the brief says that the target listens
PORT = 5000  # of the other stages: the pet shop's
TAKEN_ALONG = {".py", ".csv", ".json"}
TAKEN_BY_NAME = {"02_stress_test": ("findings.toml",), "04_master_worker": ("master.conf", "worker.conf")}
NEVER_TAKEN = ("conftest.py", "sitecustomize.py", "usercustomize.py")  # Python and pytest run them unasked
MAX_FILES = 100
MAX_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Submission:
    """One stage's answer: its folder, and the name of the locustfile in it."""

    stage: str
    folder: Path
    locustfile: str
    files: tuple[Path, ...]

    def __post_init__(self) -> None:
        if "," in self.locustfile or self.locustfile.startswith("-"):
            raise _refused(f"Locust would misread the name {self.locustfile!r}", "call the file locustfile.py")

    def copy_to(self, folder: Path) -> None:
        """Copy the files that take part into `folder`, keeping their relative names."""
        room = MAX_BYTES
        for file in self.files:
            name = file.relative_to(self.folder)
            with opened(self.folder, name) as original:
                content = original.read(room + 1)
            room -= len(content)
            if room < 0:
                raise _refused(f"{self.folder.name}/ has grown while it was copied", "leave it alone meanwhile")
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def find(path: Path, stage: str) -> Submission:
    """Return what `path` holds for `stage`: a folder of stages, the stage's own folder, or a single locustfile.

    Of the take-home, the stage's own folder is `simulations`, or the folder around it.

    Raises:
        NotStarted: there is no answer to this stage, or it is the starter, unchanged.
        Failed: a file is of a kind or size that is not taken, or no locustfile can be told.
    """
    if stage != TAKE_HOME and _is_take_home(path):
        raise NotStarted(f"{path.name} is an answer to the take-home")
    if path.is_file():
        submission = Submission(stage, path.parent, path.name, (path, *_beside(path, stage)))
    else:
        path = ROOT if (path, stage) == (EXERCISES, TAKE_HOME) else path
        folder = path / stage if (path / stage).is_dir() else path
        is_own, folder = folder == path, _within(folder, stage)
        files = tuple(_vetted(folder, stage)) if folder.is_dir() else ()
        others = {starter.name for starter in STARTERS.iterdir()} - {stage}
        if is_own and (path.name in others or any((path / other).is_dir() for other in others)):
            raise NotStarted(f"{path.name}/ has no folder {stage}/")
        submission = Submission(stage, folder, _locustfile(folder, stage, files), files)
    if _is_starter(submission):
        raise NotStarted(f"{submission.locustfile} is the starter, unchanged")
    return submission


def _is_take_home(path: Path) -> bool:
    name = LOCUSTFILES[TAKE_HOME]
    return path.name == name or any((folder / name).is_file() for folder in (path, path / INNER))


def _within(folder: Path, stage: str) -> Path:
    """Return the folder that the stage's locustfile lies in."""
    return folder / INNER if stage == TAKE_HOME and (folder / INNER).is_dir() else folder


def opened(folder: Path, name: Path) -> BinaryIO:
    """Open a plain file of a folder for reading: what is opened is what was looked at, and no link leads elsewhere."""
    place = None
    try:
        if os.open in os.supports_dir_fd:
            place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            for part in name.parts[:-1]:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
                os.close(place)
                place = inner
            # Not to wait: nobody may ever write to a named pipe.
            file = os.open(name.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
        else:
            file = os.open(folder / name, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _refused(f"{name} can't be opened ({error.strerror})", "put a plain file in its place") from None
    finally:
        if place is not None:
            os.close(place)
    opened_file = os.fdopen(file, "rb")
    if not stat.S_ISREG(os.fstat(file).st_mode):
        opened_file.close()
        raise _refused(f"{name} is a special file", "put a plain file in its place")
    return opened_file


def _vetted(folder: Path, stage: str) -> Iterator[Path]:
    """Yield the files of `folder` that take part; links, devices and too much of anything are refused."""
    count = size = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        for name in sorted(names):
            file = Path(place, name)
            if not _takes_part(file, stage):
                continue
            count, size = count + 1, size + _size(file)
            if count > MAX_FILES or size > MAX_BYTES:
                limits = f"{MAX_FILES} files or {MAX_BYTES >> 20} MB"
                raise _refused(f"{folder.name}/ holds more than {limits}", "hand in the stage's files alone")
            yield file


def _takes_part(file: Path, stage: str) -> bool:
    """Tell by its name whether a file may take part. No other may: Locust obeys a locust.conf unasked."""
    if file.name.startswith(".") or file.name in NEVER_TAKEN:
        return False
    return file.suffix in TAKEN_ALONG or file.name in TAKEN_BY_NAME.get(stage, ())


def _beside(locustfile: Path, stage: str) -> Iterator[Path]:
    """Yield the files that belong to a single locustfile because of their names."""
    for file in map(locustfile.with_name, TAKEN_BY_NAME.get(stage, ())):
        if os.path.lexists(file) and _size(file) <= MAX_BYTES:
            yield file


def _size(file: Path) -> int:
    """Return the bytes of a plain file; a link or a device is refused, unread."""
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise _refused(f"{file.name} is a link or a special file", "put a plain file in its place")
    return status.st_size


def _locustfile(folder: Path, stage: str, files: tuple[Path, ...]) -> str:
    candidates = [file.name for file in files if file.parent == folder and file.suffix == ".py"]
    name = LOCUSTFILES.get(stage, "locustfile.py")
    if name in candidates:
        return name
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise NotStarted(f"{folder.name}/ has no {name}")
    raise _refused(f"{folder.name}/ holds {', '.join(candidates)}", f"name the one to be judged {name}")


def _refused(seen: str, advice: str) -> Failed:
    return Failed(seen, "plain files, and one locustfile among them", advice)


def _is_starter(submission: Submission) -> bool:
    """Tell whether each file that takes part is one of the starter's, as it was handed out."""
    starter = _within(STARTERS / submission.stage, submission.stage)
    locustfile = LOCUSTFILES.get(submission.stage, "locustfile.py")

    def is_unchanged(file: Path) -> bool:
        name = file.relative_to(submission.folder)
        given = starter / (locustfile if str(name) == submission.locustfile else name)
        return given.is_file() and _text(given) == _text(file)

    return all(map(is_unchanged, submission.files))


def _text(file: Path) -> list[bytes]:
    """Return a file's lines without what editors change by themselves: line ends and trailing blanks."""
    return [line.rstrip() for line in file.read_bytes().rstrip().splitlines()]
