"""A submission: one stage's answer, found, vetted, and read once: what is judged, run and shown is that reading."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePath

from checks.lab.encoding import objection
from checks.lab.tree import Folder, Kind, TooMuch, below
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
WORDS = "NOTES.md"  # what a candidate has to say: shown to who judges, no part of what runs
MOST_WORDS = 1024 * 1024  # bytes
MAX_FILES = 100
MAX_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 200  # letters, with the folders in it
BEGUN = (Kind.FOLDER, Kind.LINK)  # what stands in a stage's place is an answer to it, if not one that is taken
UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # control characters, and what Python makes of bytes outside UTF-8


@dataclass(frozen=True)
class Submission:
    """One stage's answer: its folder, the name of the locustfile in it, and the content of each file that takes part.

    `words` is what NOTES.md says, where there is one. `links` says of each link that was passed over where it leads.
    """

    stage: str
    folder: Path
    locustfile: str
    contents: Mapping[Path, bytes]
    words: bytes | None = None
    links: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if "," in self.locustfile or self.locustfile.startswith("-"):
            raise _refused(f"Locust would misread the name {self.locustfile!r}", "call the file locustfile.py")

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that take part."""
        return tuple(self.contents)

    def read(self, file: Path) -> bytes:
        """Return the content of one of `files`, as it was when the submission was found."""
        return self.contents[file]

    def copy_to(self, folder: Path) -> None:
        """Write the files that take part into `folder`, under their relative names."""
        for file, content in self.contents.items():
            copy = folder / file.relative_to(self.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)


def find(path: Path, stage: str) -> Submission:
    """Return what `path` holds for `stage`: a folder of stages, the stage's own folder, or a single locustfile.

    Of the take-home, the stage's own folder is `simulations`, or the folder around it. No link below `path` is
    followed.

    Raises:
        NotStarted: there is no answer to this stage, or it is the starter, unchanged.
        Failed: a file is of a kind or size that is not taken, or can't be read, or no locustfile can be told.
    """
    try:
        submission = _single(path, stage) if path.is_file() else _among(path, stage)
    except OSError as error:
        name = Path(str(error.filename or path)).name
        raise _refused(f"{name} can't be opened ({error.strerror})", "put a plain file in its place") from None
    if _is_starter(submission):
        raise NotStarted(f"{submission.locustfile} is the starter, unchanged")
    return submission


def _single(locustfile: Path, stage: str) -> Submission:
    """Return a locustfile, with the files that belong to it because of their names."""
    if stage != TAKE_HOME and locustfile.name == LOCUSTFILES[TAKE_HOME]:
        raise _not_this_stage(locustfile)
    with Folder(locustfile.parent) as folder:
        found = _Taken(folder, stage)
        found.add(folder, PurePath(locustfile.name), folder.kind(locustfile.name))
        for name in TAKEN_BY_NAME.get(stage, ()):
            if (kind := folder.kind(name)) is not Kind.NOTHING:
                found.add(folder, PurePath(name), kind)
        return Submission(stage, folder.path, locustfile.name, found.contents, _words(folder))


def _among(path: Path, stage: str) -> Submission:
    """Return the stage's answer in a folder, which is the stage's own or one of many."""
    path = ROOT if (path, stage) == (EXERCISES, TAKE_HOME) else path
    name = LOCUSTFILES.get(stage, "locustfile.py")
    if not path.is_dir():
        raise NotStarted(f"{path.name}/ has no {name}")
    with ExitStack() as opened:
        given = opened.enter_context(Folder(path))
        if stage != TAKE_HOME and _is_take_home(given):
            raise _not_this_stage(path)
        folder = _inner(given, stage, opened)
        others = {starter.name for starter in STARTERS.iterdir()} - {stage}
        if folder is given and (path.name in others or any(given.kind(other) in BEGUN for other in others)):
            raise NotStarted(f"{path.name}/ has no folder {stage}/")
        outer = folder
        if stage == TAKE_HOME:
            folder = _inner(folder, INNER, opened)
        found = _Taken(folder, stage)
        try:
            for place, relative, kind in below(folder, _counts):
                found.look_at(place, relative, kind)
        except TooMuch as error:
            raise _refused(f"{folder.path.name}/ holds more than {error}", "hand in the stage's files alone") from None
        locustfile = _locustfile(folder.path, name, found.contents)
        words = _words(folder) or _words(outer)
        return Submission(stage, folder.path, locustfile, found.contents, words, tuple(found.links))


def _inner(folder: Folder, name: str, opened: ExitStack) -> Folder:
    """Return the folder `name` in a folder; where there is none, the folder itself."""
    kind = folder.kind(name)
    if kind is Kind.LINK:
        raise _refused(f"{name} is a link", f"put the folder {name} itself in its place")
    return opened.enter_context(folder.folder(name)) if kind is Kind.FOLDER else folder


def _is_take_home(folder: Folder) -> bool:
    with ExitStack() as opened:
        inner = opened.enter_context(folder.folder(INNER)) if folder.kind(INNER) is Kind.FOLDER else folder
        return Kind.FILE in (place.kind(LOCUSTFILES[TAKE_HOME]) for place in (folder, inner))


def _not_this_stage(path: Path) -> NotStarted:
    return NotStarted(f"{path.name} is an answer to the take-home")


class _Taken:
    """What takes part of a folder's files, as they are read one by one; too much of anything is refused."""

    def __init__(self, folder: Folder, stage: str) -> None:
        self.contents: dict[Path, bytes] = {}
        self.links: list[str] = []
        self._folder, self._stage = folder.path, stage
        self._room = MAX_BYTES

    def look_at(self, place: Folder, name: PurePath, kind: Kind) -> None:
        """Add a file that takes part because of its name; of others, remember the links."""
        if _takes_part(name, self._stage):
            self.add(place, name, kind)
        elif kind is Kind.LINK:
            self.links.append(f"{name.as_posix()} -> {place.target(name.name)}")

    def add(self, place: Folder, name: PurePath, kind: Kind) -> None:
        """Read a file: `name` is relative to the folder, the file lies in `place`."""
        if kind is not Kind.FILE:
            raise _refused(f"{name.name} is a link or a special file", "put a plain file in its place")
        if len(str(name)) > LONGEST_NAME or UNFIT.search(str(name)):
            raise _refused(f"not every system takes the name {name.name!r}", "give the file a short name in UTF-8")
        content = place.read(name.name, self._room)
        self._room -= len(content)
        if self._room < 0 or len(self.contents) == MAX_FILES:
            limits = f"{MAX_FILES} files or {MAX_BYTES >> 20} MB"
            raise _refused(f"{self._folder.name}/ holds more than {limits}", "hand in the stage's files alone")
        if name.suffix == ".py" and (mistake := objection(content)):
            raise Failed(
                f"{name.as_posix()}, line {mistake.line}: {mistake.seen}", "Python files in UTF-8", mistake.advice
            )
        self.contents[self._folder / name] = content


def _counts(name: str) -> bool:
    return not name.startswith((".", "__pycache__"))


def _takes_part(file: PurePath, stage: str) -> bool:
    """Tell by its name whether a file may take part. No other may: Locust obeys a locust.conf unasked."""
    if file.name.startswith(".") or file.name in NEVER_TAKEN:
        return False
    return file.suffix in TAKEN_ALONG or file.name in TAKEN_BY_NAME.get(stage, ())


def _words(folder: Folder) -> bytes | None:
    return folder.read(WORDS, MOST_WORDS) if folder.kind(WORDS) is Kind.FILE else None


def _locustfile(folder: Path, name: str, files: Mapping[Path, bytes]) -> str:
    candidates = [file.name for file in files if file.parent == folder and file.suffix == ".py"]
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
    starter = STARTERS / submission.stage
    starter = starter / INNER if submission.stage == TAKE_HOME else starter
    locustfile = LOCUSTFILES.get(submission.stage, "locustfile.py")

    def is_unchanged(file: Path, content: bytes) -> bool:
        name = file.relative_to(submission.folder)
        given = starter / (locustfile if str(name) == submission.locustfile else name)
        return given.is_file() and _text(given.read_bytes()) == _text(content)

    return all(is_unchanged(*each) for each in submission.contents.items())


def _text(content: bytes) -> list[bytes]:
    """Return a file's lines without what editors change by themselves: line ends and trailing blanks."""
    return [line.rstrip() for line in content.rstrip().splitlines()]
