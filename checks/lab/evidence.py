"""The evidence: what a report shows of a submission beside the verdict, for a person who judges it too."""

import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.lab.journal import Request
from checks.lab.notes import BIDI, notes
from checks.lab.submission import WORDS, Submission
from checks.lab.target import Target
from checks.lab.timeline import Holder, Timeline, timeline

MAX_RUNS = 6
MAX_NOTES = 50
CODE = {".py", ".conf", ".toml", ".md"}  # shown at length; of data, the beginning says what it is
MAX_CODE, MAX_DATA = 100_000, 2_000  # characters of a file
MAX_LINES = 2_000
MAX_ALL = 400_000


@dataclass(frozen=True)
class Source:
    """A submitted file as it is shown: its beginning, and whether there is more of it."""

    name: str
    text: str
    is_cut: bool


@dataclass
class Evidence:
    """The files of one stage's submission, the notes on them, and a timeline of each run; grows while it is judged."""

    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: list[Timeline] = field(default_factory=list)
    holder: Holder = field(default=lambda _: "", compare=False)  # whose data a request asks for, where a check knows
    _targets: list[Target] = field(default_factory=list, compare=False)

    def saw(self, target: Target) -> None:
        """Keep the timeline of a run that has ended."""
        self._targets.append(target)
        self.runs.append(timeline(target, self.holder))

    def taken(self, criterion: str, culprit: Request | None = None) -> "Evidence":
        """Return what has come since the last time, its runs made for `criterion`; forget it here.

        The run in which the culprit was sent, for which the criterion fails, comes once more, with it marked.
        """
        taken = Evidence(self.sources, self.notes, [replace(run, reason=criterion) for run in self.runs])
        for target in self._targets:
            if culprit is not None and any(request is culprit for request in target.journal):
                marked = replace(timeline(target, self.holder, culprit), reason=criterion, culprit_of=criterion)
                taken.add(Evidence(runs=[marked]))
        self.sources, self.notes, self.runs = [], [], []
        return taken

    def add(self, other: "Evidence") -> None:
        """Take what another one holds."""
        known = {source.name for source in self.sources}  # two workers may have judged parts of one stage
        self.sources += [source for source in other.sources if source.name not in known]
        self.notes += [note for note in other.notes if note not in self.notes]
        for run in other.runs:
            self._add_run(run)

    def _add_run(self, run: Timeline) -> None:
        """Take a run; one that is known already gives way where it is the first time that a request of it is marked."""
        for number, known in enumerate(self.runs):
            if run.culprit_of and known.began == run.began:
                self.runs[number] = known if known.culprit_of else replace(run, reason=known.reason)
                return
        self.runs = [*self.runs, run][:MAX_RUNS]

    def packed(self) -> dict[str, Any]:
        """Return the evidence as plain JSON values, for the way between processes."""
        return {
            "sources": [asdict(source) for source in self.sources],
            "notes": self.notes,
            "runs": [run.packed() for run in self.runs],
        }

    @classmethod
    def unpacked(cls, facts: dict[str, Any]) -> "Evidence":
        """Return the evidence that `packed` has packed."""
        return cls(
            sources=[Source(**source) for source in facts["sources"]],
            notes=facts["notes"],
            runs=[Timeline.unpacked(run) for run in facts["runs"]],
        )


def gathered(submission: Submission) -> Evidence:
    """Return what a submission shows before it runs."""
    evidence, left = Evidence(), MAX_ALL
    words = {} if submission.words is None else {submission.folder / WORDS: submission.words}
    for file, content in {**submission.contents, **words}.items():
        name = _shown(file.relative_to(submission.folder).as_posix())
        if file.suffix == ".py":
            evidence.notes += notes(name, content)
        source = _source(file, name, content, left)
        left -= len(source.text)
        evidence.sources.append(source)
    # The locustfile comes first, and data last: that is the order of reading.
    evidence.sources.sort(
        key=lambda source: (source.name != submission.locustfile, Path(source.name).suffix not in CODE)
    )
    evidence.notes += [f"{_shown(link)}: a link, and nothing behind it takes part" for link in submission.links]
    evidence.notes = evidence.notes[:MAX_NOTES]
    return evidence


def _shown(name: str) -> str:
    return " ".join(visible(name).split())


def _source(file: Path, name: str, content: bytes, left: int) -> Source:
    limit = min(left, MAX_CODE if file.suffix in CODE else MAX_DATA)
    data = content[: 4 * limit + 1]  # no character takes more bytes
    text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
    shown = "\n".join(text[:limit].split("\n")[:MAX_LINES])
    return Source(name, visible(shown.removesuffix("\n")), is_cut=len(text) > len(shown))


def visible(text: str) -> str:
    """Return `text` with signs in place of what can't be seen and would mislead: control and direction characters."""
    text = BIDI.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
