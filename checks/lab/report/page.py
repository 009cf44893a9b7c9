"""The page: report.html, a decision sheet of one page with everything else folded below it, in a single file."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from checks.lab.code.notes import IMPORTS, SETTINGS, USES
from checks.lab.outcome import Outcome, Result, stage_outcome
from checks.lab.report.evidence import Evidence
from checks.lab.report.interview import questions, sentence
from checks.lab.report.origin import origin
from checks.lab.report.report import Report, by_stage, criterion_json, said, score, versions, write_whole
from checks.lab.report.sheet import Cause, ScoreLine, StageSheet, excerpt, reason
from checks.lab.report.standing import NOT_EXAMINED, NOT_FINISHED, missing, outcome, parts, word
from checks.lab.report.timeline import MAX_KINDS, Timeline

SIGNS = {
    "passed": "\N{CHECK MARK}",
    "failed": "\N{BALLOT X}",
    "no_verdict": "\N{BALLOT X}",
    "not_started": "\N{EN DASH}",
    "inconclusive": "?",
    NOT_EXAMINED: "\N{HORIZONTAL ELLIPSIS}",
    NOT_FINISHED: "\N{VULGAR FRACTION ONE HALF}",
}
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'"  # a script that a submission smuggles in does not run
LOOKED_FOR = (
    *dict.fromkeys([*IMPORTS.values(), *USES.values()]),
    f"changes {', '.join(SETTINGS)}",
    "shows its text in another order than it runs",
    "behaves by what differs between a grading and real life: host, user count, options, clock, environment",
)

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def code(text: str) -> Markup:
    """Return text for a page, with anything between backticks as code."""
    pieces = enumerate(re.split("`([^`\n]+)`", text))
    return Markup("").join(Markup("<code>{}</code>").format(piece) if n % 2 else piece for n, piece in pieces)


templates.filters["code"] = code


def write_page(folder: Path, report: Report) -> None:
    """Write `folder`/report.html, whole or not at all."""
    write_whole(folder / "report.html", page(report))


def page(report: Report) -> str:
    """Return report.html."""
    stages = [
        StageSheet(name, own, report.evidence.get(name, Evidence()), reason(own))
        for name, own in by_stage(report.results).items()
    ]
    begun = [stage for stage in stages if not stage.reason]
    results = [result for stage in begun for result in stage.results]
    criteria = [criterion for stage in begun for criterion in stage.criteria]
    return templates.get_template("report.html").render(
        report=report,
        mode=report.mode,
        policy=NO_SCRIPTS,
        versions=versions(),
        outcome=outcome(criteria),
        score=score(results or report.results),
        missing=missing(criteria),
        why=_why(begun, stages),
        cause=_cause(begun),
        parts=[part for stage in begun for part in _parts(stage, len(stages) > 1)],
        questions=questions(results, {stage.name: stage.evidence for stage in begun}),
        stages=begun,
        idle=[stage for stage in stages if stage.reason],
        titles={(result.criterion.stage, result.criterion.id): result.criterion.title for result in results},
        looked_for=LOOKED_FOR,
        signs=SIGNS,
        said=said,
        excerpt=excerpt,
        counted=_counted,
        palette=_palette(begun),
        divided=_divided,
        place=_place,
        shown=_shown,
    )


# --- the decision sheet


def _why(begun: Sequence[StageSheet], stages: Sequence[StageSheet]) -> str:
    """Return in one sentence why the outcome is what it is."""
    if not begun:
        return sentence(f"nothing was graded: {stages[0].reason}") if len(stages) == 1 else "No stage was begun."
    results = [result for stage in begun for result in stage.results if not result.criterion.bonus]
    outcome = stage_outcome(results)
    if outcome is Outcome.PASSED:
        runs = [run for stage in begun for run in stage.evidence.runs]
        seen = f", seen in {len(runs)} runs with {sum(run.requests for run in runs)} requests" if runs else ""
        return f"All {len(results)} required criteria hold{seen}{_bonus(begun)}."
    first = next(result for result in results if result.outcome is outcome)
    todo = "still to do: " * (outcome is Outcome.NOT_STARTED)
    return sentence(first.seen if outcome is Outcome.FAILED else f"{todo}{first.message}")


def _bonus(stages: Sequence[StageSheet]) -> str:
    results = [result for stage in stages for result in stage.results if result.criterion.bonus]
    if not results:
        return ""
    if all(result.outcome is Outcome.NOT_STARTED and not result.waiting_for for result in results):
        return "; the bonus is not begun"
    passed = sum(result.outcome is Outcome.PASSED for result in results)
    return f"; of the bonus {passed} of {len(results)}"


def _cause(stages: Sequence[StageSheet]) -> Cause | None:
    """Return the first failure; that of a bonus only if nothing else has failed."""
    failed = [(stage, result) for stage in stages for result in stage.results if result.outcome is Outcome.FAILED]
    for stage, result in sorted(failed, key=lambda each: each[1].criterion.bonus):
        return Cause(result, origin(result, stage.evidence))
    return None


def _parts(stage: StageSheet, with_stage: bool) -> Iterator[ScoreLine]:
    """Yield a line of the score for each numbered part of a stage, or for the whole stage if it has no parts."""
    found = parts(stage.criteria)
    for part in found:
        own = [result for result in stage.results if (result.criterion.part or 0) == part.number]
        which = f"part {part.number}" if part.number else "the rest" if len(found) > 1 else ""
        name = ", ".join(filter(None, [stage.name, which])) if with_stage or not which else which.capitalize()
        earned, most = (sum(each[what] for each in part.criteria) for what in ("points", "max_points"))
        points = f"{earned}/{most}" if part.is_bonus else score(own)
        yield ScoreLine(name, part.outcome, points, part.is_bonus, part.not_examined)


def _counted(results: Iterable[Result]) -> str:
    """Return how many results there are of each kind."""
    counts = Counter(word(criterion_json(result)).replace("_", " ") for result in results)
    return ", ".join(f"{count} {word}" for word, count in counts.items())


# --- the timelines


def _palette(stages: Iterable[StageSheet]) -> dict[str, int]:
    """Return a colour for each kind of request, the same in the whole report; kinds that come late share the last."""
    colours: dict[str, int] = {}
    for stage in stages:
        own = list(dict.fromkeys(kind for run in stage.evidence.runs for kind in run.kinds))
        for kind in own:
            taken = {colours[each] for each in own if each in colours}
            free = (colour for colour in range(MAX_KINDS - 1) if colour not in taken)
            colours.setdefault(kind, next(free, MAX_KINDS - 1))
    return colours


def _divided(runs: Sequence[Timeline]) -> str:
    """Return, in words, the factor by which think times are divided, and in which runs."""
    by_factor: dict[float, list[int]] = {}
    for number, run in enumerate(runs, start=1):
        by_factor.setdefault(run.compression, []).append(number)
    (factor, _), *others = sorted(by_factor.items(), key=lambda each: -len(each[1]))
    rest = "".join(
        f", in run{'s' if len(numbers) > 1 else ''} {' and '.join(map(str, numbers))} by {other:g}"
        for other, numbers in others
    )
    return f"Time is divided by {factor:g}{rest}: a user who thinks for 2 s pauses for {2 / factor:g} s here."


def _place(time: float, run: Timeline) -> str:
    """Return the position of a moment in percent of its row, so that the first and the last don't stick out."""
    span = run.end - run.begin
    return f"{1 + 98 * (time - run.begin) / span if span > 0 else 1:.2f}"


def _shown(run: Timeline) -> str:
    """Return, in words, which part of a longer run a timeline shows; empty if it shows all of it."""
    parts = []
    if run.every == 1 and any(len(row.marks) < row.total for row in run.rows):
        parts.append(f"{run.begin:.1f} to {run.end:.1f} s of {run.length:.1f} s")
    if run.users > len(run.rows):
        parts.append(f"{len(run.rows)} of {run.users} users")
    if run.every > 1:
        parts.append(f"one of {run.every} requests of each user, its line from the first to the last")
    return ", ".join(parts)
