"""The board: the verdict as a person reads it in the terminal, the first failure first."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from checks.lab.outcome import Outcome, Result, plain, stage_outcome
from checks.lab.report.report import LABELS, by_stage, said, score
from checks.lab.verdict.hints import Opened

WIDTH = 100
TO_DO = "to do"  # a criterion that has nothing to judge yet, in a stage that is begun
MARGIN = " " * 14
COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.NOT_STARTED: "yellow",
    Outcome.INCONCLUSIVE: "yellow",
}
IN_FULL = (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.NOT_STARTED)  # in this order; passed criteria are only counted
PLACE = re.compile(r"([\w./-]+\.\w+), line (\d+)")


class TerminalLine(NamedTuple):
    """A line of the board, and its colour in a terminal that has colours; empty for none."""

    text: str
    colour: str = ""


@dataclass(frozen=True)
class Reader:
    """The reader of the board: the hints that are open for them, and functions that help them on.

    `path_of` returns the path of a stage's file, relative to the reader's current folder. `next_step` returns what
    to do about a stage with this outcome; empty if there is nothing to say.
    """

    hints: Mapping[tuple[str, str], Opened] = field(default_factory=dict)
    path_of: Callable[[str, str], str] = lambda _stage, name: name
    next_step: Callable[[str, Outcome], str] = lambda _stage, _outcome: ""
    wants_all: bool = False


def board(results: Iterable[Result], reader: Reader) -> Iterator[TerminalLine]:
    """Yield the lines of the terminal board: each stage, and what to do about it."""
    stages = by_stage(results)
    untouched = [name for name, own in stages.items() if _is_untouched(own)]
    for name, own in stages.items():
        if name not in untouched[1:]:
            yield from _stage_lines(name, own, reader)
    if untouched[1:]:
        yield TerminalLine("")
        yield from _wrapped("", f"Not started either: {', '.join(untouched[1:])}.", margin="")


def _stage_lines(name: str, results: Sequence[Result], reader: Reader) -> Iterator[TerminalLine]:
    outcome = stage_outcome(list(results))
    yield TerminalLine("")
    untouched = _is_untouched(results)
    label = "not finished" if outcome is Outcome.NOT_STARTED and not untouched else LABELS[outcome]
    yield TerminalLine(f"{name}  {label}  {score(results)} points", COLOURS[outcome])
    if untouched:
        yield from _wrapped("", results[0].message)
        yield from _help(results[0], reader)
    elif reader.wants_all:
        for result in results:
            yield from _criterion_lines(result, reader)
    else:
        yield from _in_short(results, reader)
    if step := reader.next_step(name, outcome):
        yield from _wrapped("next", step)


def _is_untouched(results: Sequence[Result]) -> bool:
    """Tell whether no criterion of a stage was judged, all for the same reason."""
    return {(result.outcome, result.waiting_for) for result in results} == {(Outcome.NOT_STARTED, "")} and len(
        {result.message for result in results}
    ) == 1


def _in_short(results: Sequence[Result], reader: Reader) -> Iterator[TerminalLine]:
    """Yield what there is to do, failures first; passed criteria are only counted."""
    for outcome in IN_FULL:
        for result in results:
            if result.outcome is outcome and not result.waiting_for:
                yield from _criterion_lines(result, reader)
                yield from _waiting(sum(other.waiting_for == result.criterion.id for other in results))
    if passed := sum(result.outcome is Outcome.PASSED for result in results):
        yield from _wrapped(
            "", f"{passed} passed; -v lists them." if passed < len(results) else f"All {passed} passed."
        )


def _waiting(count: int) -> Iterator[TerminalLine]:
    if count:
        yield from _wrapped("", f"{count} more {'wait' if count > 1 else 'waits'} for this one.")


def _criterion_lines(result: Result, reader: Reader) -> Iterator[TerminalLine]:
    label = "waiting" if result.waiting_for else LABELS[result.outcome]
    title = f"{TO_DO if label == LABELS[Outcome.NOT_STARTED] else label:14}{result.criterion.title}"
    for text in textwrap.wrap(title, WIDTH, subsequent_indent=MARGIN):
        yield TerminalLine(text, "" if result.waiting_for else COLOURS[result.outcome])
    if result.waiting_for:
        return
    stage = result.criterion.stage
    for part, text in [("", result.message)] * bool(result.message) + said(result):
        yield from _wrapped(part, PLACE.sub(lambda found: f"{reader.path_of(stage, found[1])}:{found[2]}", text))
        if part == "seen":
            yield from (TerminalLine(f"{MARGIN}{'':8}{line}"[:WIDTH]) for line in result.surroundings)
    yield from _help(result, reader)


def _help(result: Result, reader: Reader) -> Iterator[TerminalLine]:
    """Yield the hints that are open for a criterion, and whether there are more."""
    opened = reader.hints.get((result.criterion.stage, result.criterion.id))
    if opened is None:
        return
    for number, hint in enumerate(opened.hints, start=1):
        yield from _wrapped(f"hint {number} of {opened.of}", hint)
    if len(opened.hints) == opened.of:
        yield from _wrapped("", "There are no more hints; solutions/ has the answer.")


def _wrapped(part: str, text: str, margin: str = MARGIN) -> Iterator[TerminalLine]:
    first = f"{margin}{part + ': ' if part else '':10}" if part else margin
    text = text.replace("`", "")  # Markdown's sign for code, since the report uses the same texts
    # A path has to stay whole, so that a click in the terminal opens it.
    for line in textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=margin + " " * (10 if part else 0),
        break_on_hyphens=False,
        break_long_words=False,
    ):
        yield TerminalLine(
            plain(line)
        )  # text in the middle of a line steers no CI system, but wrapping may put it at the beginning
