"""A submission: one stage's answer, found, vetted, and read once; that one reading is judged, run and shown."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePath

from checks import stages
from checks.lab.outcome import Failed, NotStarted
from checks.lab.submission.encoding import objection
from checks.lab.submission.tree import Folder, Kind, TooMuch, below
from checks.stages import EXERCISES, TAKEN_ALONG, Stage

# Kinds that are shown at length; of data, the beginning is enough.
CODE = {".py", ".md", *(PurePath(name).suffix for stage in stages.STAGES.values() for name in stage.taken)}
NEVER_TAKEN = ("conftest.py", "sitecustomize.py", "usercustomize.py")  # Python and pytest run them on their own
WORDS = "NOTES.md"  # the candidate's own notes: shown to the evaluator, but not part of the code that runs
MOST_WORDS = 1024 * 1024  # bytes
MAX_FILES = 100
MAX_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 200  # letters, with the folders in it
BEGUN = (Kind.FOLDER, Kind.LINK)  # either of them in a stage's place counts as an answer, even one that is refused
UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # control characters, and what Python makes of bytes outside UTF-8


@dataclass(frozen=True)
class Submission:
    """One stage's answer: its folder, the name of the locustfile in it, and the content of each file that takes part.

    `words` is what NOTES.md says, if there is one. `links` says where each link that was skipped leads.
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

    If a stage has an inner folder, such as the take-home's `simulations`, `path` may name it or the folder around it.
    No link below `path` is followed.

    Raises:
        NotStarted: there is no answer to this stage, or it is the starter, unchanged.
        Failed: a file is of a kind or size that is not accepted, or can't be read, or none is clearly the locustfile.
    """
    try:
        submission = (_single if path.is_file() else _among)(path, stages.named(stage))
    except OSError as error:
        name = Path(str(error.filename or path)).name
        raise _refused(f"{name} can't be opened ({error.strerror})", "put a plain file in its place") from None
    if _is_starter(submission):
        raise NotStarted(f"{submission.locustfile} is the starter, unchanged")
    return submission


def _single(locustfile: Path, stage: Stage) -> Submission:
    """Return a locustfile, with the files beside it that belong to it by their names."""
    for other in _answered_elsewhere(stage):
        if locustfile.name == other.locustfile:
            raise _is_answer_to(other, locustfile)
    with Folder(locustfile.parent) as folder:
        found = _Taken(folder, stage)
        found.add(folder, PurePath(locustfile.name), folder.kind(locustfile.name))
        for name in stage.taken:
            if (kind := folder.kind(name)) is not Kind.NOTHING:
                found.add(folder, PurePath(name), kind)
        return Submission(stage.name, folder.path, locustfile.name, found.contents, _words(folder))


def _among(path: Path, stage: Stage) -> Submission:
    """Return the stage's answer in a folder, which is the stage's own or one of many."""
    path = stage.exercise.parent if path == EXERCISES else path
    if not path.is_dir():
        raise NotStarted(f"{path.name}/ has no {stage.locustfile}")
    with ExitStack() as opened:
        given = opened.enter_context(Folder(path))
        for other in _answered_elsewhere(stage):
            if _holds(given, other):
                raise _is_answer_to(other, path)
        folder = _inner(given, stage.name, opened)
        others = stages.STAGES.keys() - {stage.name}
        if folder is given and (path.name in others or any(given.kind(other) in BEGUN for other in others)):
            raise NotStarted(f"{path.name}/ has no folder {stage.name}/")
        outer = folder
        if stage.inner:
            folder = _inner(folder, stage.inner, opened)
        found = _Taken(folder, stage)
        try:
            for place, relative, kind in below(folder, _counts):
                found.look_at(place, relative, kind)
        except TooMuch as error:
            raise _refused(f"{folder.path.name}/ holds more than {error}", "hand in the stage's files alone") from None
        locustfile = _locustfile(folder.path, stage.locustfile, found.contents)
        words = _words(folder) or _words(outer)
        return Submission(stage.name, folder.path, locustfile, found.contents, words, tuple(found.links))


def _inner(folder: Folder, name: str, opened: ExitStack) -> Folder:
    """Return the folder `name` in a folder; if there is none, the folder itself."""
    kind = folder.kind(name)
    if kind is Kind.LINK:
        raise _refused(f"{name} is a link", f"put the folder {name} itself in its place")
    return opened.enter_context(folder.folder(name)) if kind is Kind.FOLDER else folder


def _answered_elsewhere(stage: Stage) -> list[Stage]:
    """Return the other stages whose answers differ from this one's by the name of their locustfile."""
    usual = (Stage.locustfile, stage.locustfile)
    return [other for other in stages.STAGES.values() if other.locustfile not in usual]


def _holds(folder: Folder, stage: Stage) -> bool:
    """Tell whether a folder has the locustfile of a stage, in the stage's inner folder or outside of it."""
    with ExitStack() as opened:
        has_inner = stage.inner and folder.kind(stage.inner) is Kind.FOLDER
        inner = opened.enter_context(folder.folder(stage.inner)) if has_inner else folder
        return Kind.FILE in (place.kind(stage.locustfile) for place in (folder, inner))


def _is_answer_to(other: Stage, path: Path) -> NotStarted:
    return NotStarted(f"{path.name} is an answer to {other.called}")


class _Taken:
    """The files of a folder that take part, read one by one; too much of anything is refused."""

    def __init__(self, folder: Folder, stage: Stage) -> None:
        self.contents: dict[Path, bytes] = {}
        self.links: list[str] = []
        self._folder, self._stage = folder.path, stage
        self._room = MAX_BYTES

    def look_at(self, place: Folder, name: PurePath, kind: Kind) -> None:
        """Add a file if it takes part by its name; if it doesn't, but is a link, remember it."""
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


def _takes_part(file: PurePath, stage: Stage) -> bool:
    """Tell by its name whether a file may take part. No other may: Locust obeys a locust.conf on its own."""
    if file.name.startswith(".") or file.name in NEVER_TAKEN:
        return False
    return file.suffix in TAKEN_ALONG or file.name in stage.taken


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
    """Tell whether each file that takes part is one of the starter's, unchanged."""
    stage = stages.named(submission.stage)

    def is_unchanged(file: Path, content: bytes) -> bool:
        name = file.relative_to(submission.folder)
        given = stage.starter / (stage.locustfile if str(name) == submission.locustfile else name)
        return given.is_file() and _text(given.read_bytes()) == _text(content)

    return all(is_unchanged(*each) for each in submission.contents.items())


def _text(content: bytes) -> list[bytes]:
    """Return a file's lines without what editors change on their own: line ends and trailing blanks."""
    return [line.rstrip() for line in content.rstrip().splitlines()]
