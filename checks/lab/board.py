"""The board: the verdict as a person reads it in the terminal."""

import textwrap
from collections.abc import Iterable, Iterator

from checks.lab.report import LABELS, by_stage, points, said
from checks.lab.verdict import Outcome, Result, plain, stage_outcome

WIDTH = 100


def board(results: Iterable[Result], hints: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    """Yield the lines of the terminal board: each stage, its criteria, and what to do about those that failed."""
    for name, own in by_stage(results).items():
        outcome, (earned, most) = stage_outcome(own), points(own)
        yield ""
        yield f"{name}  {LABELS[outcome]}  {earned}/{most} points"
        if outcome is Outcome.NOT_STARTED and len({result.message for result in own}) == 1:
            yield from _wrapped("", own[0].message)
            shown = own[:1]
        else:
            shown = own
            for result in own:
                yield from _criterion_lines(result)
        for result in shown:
            for number, hint in enumerate(hints.get((name, result.criterion.id), ()), start=1):
                yield from _wrapped(f"hint {number}", hint)


def _criterion_lines(result: Result) -> Iterator[str]:
    label = "waiting" if result.waiting_for else LABELS[result.outcome]
    criterion = result.criterion
    points = f"{result.points}/{criterion.max_points}"
    yield f"  {label:12} {points:>5}  {criterion.title}"
    if result.waiting_for:
        yield from _wrapped("", f"waiting for: {result.waiting_for}")
        return
    if result.message:
        yield from _wrapped("", result.message)
    for part, text in said(result):
        yield from _wrapped(part, text)


def _wrapped(part: str, text: str) -> Iterator[str]:
    margin = " " * 21
    first = f"{margin}{part + ':' if part else '':10}" if part else margin
    # What stands in the middle of a text steers no CI system; at the beginning of a line it may.
    yield from map(plain, textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first)))
