"""The sheet: what a page shows of a stage: the score, the criteria by kind, the cause of a failure, the files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from checks.lab.outcome import Outcome, Result, stage_outcome
from checks.lab.report.difference import Difference, DiffLine, differences
from checks.lab.report.evidence import Evidence
from checks.lab.report.interview import NOTE
from checks.lab.report.origin import Origin
from checks.lab.report.report import criterion_json, said
from checks.lab.report.standing import Criterion, word
from checks.lab.report.timeline import Timeline
from checks.lab.submission.answer import WORDS

WORDS_SHOWN, WORDS_LINES = 900, 14  # characters and lines of a candidate's notes on the first page
PRINTED_LINES = 100  # of code: a take-home of usual length fills two pages with them
SPARE_LINES = 20  # more are printed if then none is left out: the end of a method tells more than its beginning


@dataclass(frozen=True)
class ScoreLine:
    """A line of the score."""

    name: str
    outcome: str
    score: str
    is_bonus: bool
    not_examined: int = 0  # points


@dataclass(frozen=True)
class CriterionLine:
    """A line of the criteria: one of them, or several of which the same is true."""

    results: list[Result]

    @property
    def head(self) -> Result:
        """The first of its criteria."""
        return self.results[0]

    @property
    def outcome(self) -> str:
        """The outcome that they share."""
        return word(criterion_json(self.head))

    @property
    def points(self) -> str:
        """The points of all of them together."""
        most = sum(result.criterion.max_points for result in self.results)
        return f"{sum(result.points for result in self.results)}/{most}"

    @property
    def is_bonus(self) -> bool:
        """Whether none of them is required."""
        return all(result.criterion.bonus for result in self.results)

    @property
    def parts(self) -> str:
        """The parts of the task that they belong to."""
        numbers = sorted({result.criterion.part for result in self.results if result.criterion.part})
        return f"Part {', '.join(map(str, numbers))}" if numbers else ""


@dataclass(frozen=True)
class Cause:
    """A failure and its origin."""

    result: Result
    origin: Origin


@dataclass(frozen=True)
class File:
    """A file as it is shown: how it differs from the starter's, and how many lines of the difference are printed."""

    difference: Difference
    printed: int

    @property
    def length(self) -> int:
        """The number of lines that are shown."""
        return sum(map(len, self.difference.stretches))

    @property
    def stretches(self) -> Iterator[list[tuple[DiffLine, bool]]]:
        """The stretches of lines, each line with whether it is printed."""
        number = count()
        for stretch in self.difference.stretches:
            yield [(line, next(number) < self.printed) for line in stretch]


@dataclass(frozen=True)
class StageSheet:
    """A stage as it is shown; `reason` says why it is not started."""

    name: str
    results: list[Result]
    evidence: Evidence
    reason: str = ""

    @property
    def groups(self) -> list[CriterionLine]:
        """The lines of the criteria."""
        found: dict[object, CriterionLine] = {}
        for result in self.results:
            same = result.waiting_for or result.message
            key = (result.outcome, same) if same and not said(result) else result.criterion.id
            found.setdefault(key, CriterionLine([])).results.append(result)
        return list(found.values())

    @property
    def criteria(self) -> list[Criterion]:
        """The criteria as report.json holds them."""
        return [criterion_json(result) for result in self.results]

    @property
    def notes(self) -> tuple[list[str], list[str]]:
        """The notes that name a line, and the notes on whole files."""
        on_lines = [note for note in self.evidence.notes if NOTE.fullmatch(note)]
        return on_lines, [note for note in self.evidence.notes if note not in on_lines]

    @property
    def words(self) -> str:
        """The candidate's own notes."""
        return next((source.text for source in self.evidence.sources if source.name == WORDS), "")

    @cached_property
    def differences(self) -> list[Difference]:
        """The submitted files, except the candidate's notes, beside the starter's."""
        return differences(self.name, self.evidence.sources)

    @property
    def files(self) -> list[File]:
        """The files that differ from the starter's."""
        left, spare, found = PRINTED_LINES, SPARE_LINES, []
        for difference in self.differences:
            if not difference.is_unchanged:
                length = File(difference, 0).length
                printed = length if length <= left + spare else left
                found.append(File(difference, printed))
                spare -= max(0, printed - left)
                left = max(0, left - length)
        return found

    @property
    def printed_run(self) -> Timeline | None:
        """The run that is also printed: the one that tells most."""
        runs = [run for run in self.evidence.runs if run.rows]
        return max(runs, key=lambda run: (bool(run.culprit_of), bool(run.moments)), default=None)


def reason(results: list[Result]) -> str:
    """Return why a stage is not started; empty if it is started."""
    reasons = {result.message for result in results}
    is_idle = stage_outcome(results) is Outcome.NOT_STARTED and len(reasons) == 1
    return reasons.pop() if is_idle else ""


def excerpt(text: str, among: int) -> tuple[str, bool]:
    """Return the beginning of a candidate's notes, which share the first page, and whether there is more."""
    flowing = re.sub(r"(?<=\S)[ \t]*\n(?=[^\s#>|*+\-\d])", " ", text.strip())  # joins the lines of a paragraph
    lines = [line.rstrip() for line in flowing.split("\n") if line.strip()]
    limit = WORDS_SHOWN // among
    shown = "\n".join(lines[: max(3, WORDS_LINES // among)])
    shown = shown if len(shown) <= limit else shown[:limit].rpartition(" ")[0] or shown[:limit]
    return shown, len(shown) < len("\n".join(lines))
