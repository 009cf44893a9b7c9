"""The evidence: what a report shows beside the verdict, for the person who judges the submission."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.lab.code import sight
from checks.lab.code.source import MAX_NOTES, Reading, reached, read
from checks.lab.report.timeline import Holder, Timeline, timeline
from checks.lab.submission import findings
from checks.lab.submission.answer import CODE, WORDS, Submission
from checks.lab.target.journal import Request, surroundings
from checks.lab.target.server import Target
from checks.stages import Stage, named

MAX_RUNS = 6
ALL_NOTES = 60
LINKS = 5  # of which are named
MAX_CODE, MAX_DATA = 100_000, 2_000  # characters of a file
MAX_LINES = 2_000
ALL_SHOWN = 400_000  # characters
LEAST_SHOWN = 1_000  # characters of a file, whatever other files there are


@dataclass(frozen=True)
class Source:
    """A submitted file as it is shown: its beginning, and the number of further lines; the last one may be cut off."""

    name: str
    text: str
    lines: int = 0
    is_cut: bool = False

    @property
    def more(self) -> str:
        """How much is not shown, in words; empty if all is shown."""
        lines = f"{self.lines} more {'line' if self.lines == 1 else 'lines'}" if self.lines else ""
        return " and ".join(filter(None, ["the rest of the last line" * self.is_cut, lines]))

    def cut_to(self, room: int) -> "Source":
        """Return the same source with at most `room` characters."""
        if len(self.text) <= room:
            return self
        cut = self.text[:room].removesuffix("\n")
        lines = self.lines + self.text.count("\n") - cut.count("\n")
        return replace(self, text=cut, lines=lines, is_cut=self.text[len(cut)] != "\n")


@dataclass
class Evidence:
    """The files of one stage's submission, the notes on them, a timeline of each run, and what the learner measured.

    It grows while the submission is being judged.
    """

    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    runs: list[Timeline] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)
    holder: Holder = field(default=lambda _: "", compare=False)  # whose data a request asks for, if a check knows
    _targets: list[Target] = field(default_factory=list, compare=False)

    def saw(self, target: Target) -> None:
        """Keep the timeline of a run that has ended."""
        self._targets.append(target)
        self.runs.append(timeline(target, self.holder))

    def surroundings(self, culprit: Request) -> list[str]:
        """Return the lines that show a request beside what its user sent before and after it."""
        journals = (target.journal for target in self._targets)
        return next((surroundings(each, culprit) for each in journals if any(r is culprit for r in each)), [])

    def taken(self, criterion: str, culprit: Request | None = None) -> "Evidence":
        """Return and forget the evidence since the last call, with `criterion` as the reason for its runs.

        The run with the culprit, the request for which the criterion fails, comes once more, with the culprit marked.
        """
        runs = [replace(run, reason=criterion) for run in self.runs]
        taken = Evidence(self.sources, self.notes, runs, self.findings)
        for target in self._targets:
            if culprit is not None and any(request is culprit for request in target.journal):
                marked = replace(timeline(target, self.holder, culprit), reason=criterion, culprit_of=criterion)
                taken.add(Evidence(runs=[marked]))
        self.sources, self.notes, self.runs, self.findings = [], [], [], {}
        return taken

    def add(self, other: "Evidence") -> None:
        """Add the content of another evidence."""
        known = {source.name for source in self.sources}  # two workers may have judged parts of one stage
        self.sources += [source for source in other.sources if source.name not in known]
        self.notes += [note for note in other.notes if note not in self.notes]
        self.findings = self.findings | other.findings
        for run in other.runs:
            self._add_run(run)

    def _add_run(self, run: Timeline) -> None:
        """Add a run; it replaces the same run if that has no marked request yet and this one has."""
        for number, known in enumerate(self.runs):
            if run.culprit_of and known.began == run.began:
                self.runs[number] = known if known.culprit_of else replace(run, reason=known.reason)
                return
        self.runs = [*self.runs, run][:MAX_RUNS]

    def packed(self) -> dict[str, Any]:
        """Return the evidence as plain JSON values, to pass it between processes."""
        return {
            "sources": [asdict(source) for source in self.sources],
            "notes": self.notes,
            "runs": [run.packed() for run in self.runs],
            "findings": self.findings,
        }

    @classmethod
    def unpacked(cls, facts: dict[str, Any]) -> "Evidence":
        """Return the evidence that `packed` has packed."""
        return cls(
            sources=[Source(**source) for source in facts["sources"]],
            notes=facts["notes"],
            runs=[Timeline.unpacked(run) for run in facts["runs"]],
            findings=facts["findings"],
        )


def readings(submission: Submission) -> dict[str, Reading]:
    """Return what each of a submission's Python files says."""
    code = {_name(submission, file): submission.read(file) for file in submission.files if file.suffix == ".py"}
    return read(code, submission.locustfile)


def gathered(submission: Submission, said: Mapping[str, Reading]) -> Evidence:
    """Return what can be seen of a submission before it runs; `said` is what its Python files say.

    The code that runs comes first, so that other files can't take its room: the locustfile, the files that it imports,
    then other code, then data.
    """
    words = {} if submission.words is None else {WORDS: submission.words}
    files = {**{_name(submission, file): submission.read(file) for file in submission.files}, **words}
    running = reached(submission.locustfile, said, said)
    rest = [name for name in files if name not in running]
    ranks = [running[:1], running[1:], list(filter(_is_code, rest)), [name for name in rest if not _is_code(name)]]
    evidence, left = Evidence(findings=findings.told(submission)), ALL_SHOWN
    for number, rank in enumerate(ranks):
        found = [_source(name, _text(files[name])) for name in rank]
        kept = LEAST_SHOWN * sum(map(len, ranks[number + 1 :]))
        for source, room in zip(found, shares([len(one.text) for one in found], left - kept), strict=True):
            evidence.sources.append(source.cut_to(room))
            left -= room
    evidence.notes = [*_renamed(submission), *_notes([name for rank in ranks for name in rank if name in said], said)]
    evidence.notes += [
        f"{_called(link)}: a link, and nothing behind it takes part" for link in submission.links[:LINKS]
    ]
    return evidence


def _renamed(submission: Submission) -> Iterable[str]:
    """Yield a note if a task's brief names the file to hand in, and the file has another name."""
    wanted = named(submission.stage).locustfile
    if submission.locustfile != wanted != Stage.locustfile:  # at a stage of the course, any name will do
        yield f"{_called(submission.locustfile)}: the brief calls this file {wanted} and says that it keeps its name"


def shares(wishes: Sequence[int], room: int) -> list[int]:
    """Return each one's share of `room`: small wishes are granted in full, the rest is divided evenly."""
    granted = [0] * len(wishes)
    for still, place in zip(range(len(wishes), 0, -1), sorted(range(len(wishes)), key=wishes.__getitem__), strict=True):
        granted[place] = min(wishes[place], max(0, room) // still)
        room -= granted[place]
    return granted


def _notes(names: Sequence[str], said: Mapping[str, Reading]) -> Iterable[str]:
    """Yield the notes on some files, the locustfile first: each file has its share of the room."""
    found = [_said_of(_called(name), said[name]) for name in names]
    wishes = [min(MAX_NOTES, len(own)) for own in found]
    granted = [*wishes[:1], *shares(wishes[1:], ALL_NOTES - sum(wishes[:1]))]
    for name, own, count in zip(names, found, granted, strict=True):
        yield from own[:count]
        if 0 < count < len(own):
            yield f"{_called(name)}: {len(own) - count} more"
    if untold := [own for own, count in zip(found, granted, strict=True) if own and not count]:
        yield f"{sum(map(len, untold))} more in {len(untold)} other files"


def _said_of(name: str, reading: Reading) -> list[str]:
    trouble = [f"{name}: not looked at, as {reading.trouble}"] if reading.trouble else []
    return trouble + [f"{name}:{line}: {what}" for line, what in reading.notes]


def _source(name: str, text: str) -> Source:
    """Return a file as a person should see it, with all the room that one file may have."""
    lines = sight.lines(text)
    if len(lines) > 1 and not lines[-1]:  # the line end of the last line does not begin another one
        lines = lines[:-1]
    most = MAX_CODE if _is_code(name) else MAX_DATA
    shown, length = [], 0
    for line in lines[:MAX_LINES]:
        if length > most:
            break
        shown.append(sight.visible(line[: most + 1]))
        length += len(shown[-1]) + 1
    return Source(_called(name), "\n".join(shown), len(lines) - len(shown)).cut_to(most)


def _called(name: str) -> str:
    """Return a file's name in one line, as a person should see it."""
    return " ".join(sight.visible(name).split())


def _is_code(name: str) -> bool:
    return Path(name).suffix in CODE


def _name(submission: Submission, file: Path) -> str:
    return file.relative_to(submission.folder).as_posix()


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").removeprefix("\ufeff")
