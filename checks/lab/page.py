"""The page: report.html, what an evaluator reads in two minutes; one file that needs no other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jinja2

from checks.lab.evidence import Evidence
from checks.lab.report import Report, by_stage, said, versions, write_whole
from checks.lab.timeline import OTHERS, Mark, Row, Timeline
from checks.lab.verdict import Outcome, Result, stage_outcome

SIGNS = {
    "passed": "\N{CHECK MARK}",
    "failed": "\N{BALLOT X}",
    "no_verdict": "\N{BALLOT X}",
    "not_started": "\N{EN DASH}",
    "inconclusive": "?",
    "waiting": "\N{HORIZONTAL ELLIPSIS}",
}
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'"  # whatever a submission smuggles in, it does not run

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Part:
    """A line of the score."""

    name: str
    outcome: Outcome
    points: str


@dataclass(frozen=True)
class Stage:
    """A stage as it is shown; `reason` says why it is not started."""

    name: str
    results: list[Result]
    evidence: Evidence
    reason: str = ""


def write_page(folder: Path, report: Report) -> None:
    """Write `folder`/report.html, whole or not at all."""
    write_whole(folder / "report.html", page(report))


def page(report: Report) -> str:
    """Return report.html."""
    stages = [
        Stage(name, own, report.evidence.get(name, Evidence()), _reason(own))
        for name, own in by_stage(report.results).items()
    ]
    begun = [stage for stage in stages if not stage.reason]
    results = [result for stage in begun for result in stage.results]
    return templates.get_template("report.html").render(
        report=report,
        mode=report.mode,
        policy=NO_SCRIPTS,
        versions=versions(),
        outcome=stage_outcome(results).value if results else Outcome.NOT_STARTED.value,
        total=_points(results),
        parts=[part for stage in begun for part in _parts(stage)],
        stages=begun,
        idle=[stage for stage in stages if stage.reason],
        titles={(result.criterion.stage, result.criterion.id): result.criterion.title for result in results},
        **_vocabulary(),
    )


def _vocabulary() -> dict[str, Any]:
    return {"signs": SIGNS, "said": said, "span": _span, "place": _place, "cut": _cut, "own": _own}


def _reason(results: list[Result]) -> str:
    """Return why a stage is not started; empty where it is."""
    reasons = {result.message for result in results}
    is_idle = stage_outcome(results) is Outcome.NOT_STARTED and len(reasons) == 1
    return reasons.pop() if is_idle else ""


def _parts(stage: Stage) -> Iterator[Part]:
    """Yield a line of the score for each numbered part of a stage; for all of it where it has none."""
    numbers = sorted({_number(result) for result in stage.results})
    for number in numbers:
        own = [result for result in stage.results if _number(result) == number]
        which = f", part {number}" if number else ", the rest" if len(numbers) > 1 else ""
        bonus = " (bonus)" if all(result.criterion.bonus for result in own) else ""
        yield Part(f"{stage.name}{which}{bonus}", _outcome(own), _points(own))


def _number(result: Result) -> int:
    return result.criterion.part or 0


def _outcome(results: list[Result]) -> Outcome:
    """Return the outcome of some results; a bonus counts where there is nothing else."""
    basic = [result for result in results if not result.criterion.bonus]
    return stage_outcome(basic or [replace(each, criterion=replace(each.criterion, bonus=False)) for each in results])


def _points(results: Iterable[Result]) -> str:
    """Return the points as a person says them; a bonus is named apart."""
    basic = [result for result in results if not result.criterion.bonus]
    bonus = [result for result in results if result.criterion.bonus]
    groups = (("points", basic), ("bonus points", bonus))
    return ", ".join(
        f"{sum(result.points for result in own)} of {sum(result.criterion.max_points for result in own)} {name}"
        for name, own in groups
        if own
    )


def _span(run: Timeline) -> float:
    """Return the seconds that a timeline covers."""
    return max((mark.end for row in run.rows for mark in row.marks), default=0.0)


def _place(mark: Mark, end: float) -> str:
    """Return where a mark stands, in percent of its row; the first and the last don't stick out."""
    return f"{1 + 98 * mark.start / end if end else 1:.2f}"


def _own(row: Row) -> str:
    """Return a user's first request with an id: whose data it works on. Empty where there is no id in any."""
    return next((mark.text for mark in row.marks if mark.kind not in (mark.text, OTHERS)), "")


def _cut(run: Timeline) -> str:
    """Return what a timeline shows of a run that was longer; empty where it shows all."""
    shown = sum(len(row.marks) for row in run.rows)
    if shown == run.requests:
        return ""
    each = max(len(row.marks) for row in run.rows)
    return f"the first {len(run.rows)} of {run.users} users, and up to {each} requests of each"
