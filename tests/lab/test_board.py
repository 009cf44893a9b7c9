"""The board: the verdict as a person reads it in the terminal."""

from typing import Any

import pytest

from checks.lab.board import WIDTH, board
from checks.lab.verdict import Outcome, Result
from tests.lab.witness import result

FAILED = Outcome.FAILED
SAID: dict[str, Any] = {"seen": "two", "expected": "one", "advice": "remove one"}


def text(results: list[Result], hints: dict[tuple[str, str], list[str]] | None = None) -> str:
    return "\n".join(board(results, hints or {}))


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (Outcome.PASSED, "01_first  passed  1/1 points"),
        (FAILED, "01_first  FAILED  0/1 points"),
        (Outcome.INCONCLUSIVE, "01_first  inconclusive  0/1 points"),
        (Outcome.NOT_STARTED, "01_first  not started  0/1 points"),
    ],
)
def test_the_board_begins_with_the_stages_outcome_and_points(outcome: Outcome, label: str) -> None:
    assert label in text([result(outcome)])


def test_the_board_says_what_was_seen_what_was_expected_and_what_is_next() -> None:
    lines = [line.split() for line in text([result(FAILED, **SAID)]).splitlines()]
    assert ["FAILED", "0/1", "It", "works."] in lines
    assert [line for line in lines if line and line[0] in ("seen:", "expected:", "next:")] == [
        ["seen:", "two"],
        ["expected:", "one"],
        ["next:", "remove", "one"],
    ]


def test_a_waiting_criterion_names_the_first_cause() -> None:
    assert "waiting for: loads" in text([result(FAILED, id="loads"), result(Outcome.NOT_STARTED, waiting_for="loads")])


def test_a_stage_that_is_not_started_takes_two_lines() -> None:
    results = [result(Outcome.NOT_STARTED, id=id, message="the starter, unchanged") for id in ("a", "b", "c")]
    assert [line.strip() for line in text(results).splitlines() if line] == [
        "01_first  not started  0/3 points",
        "the starter, unchanged",
    ]


def test_hints_stand_below_their_criterion() -> None:
    shown = text([result(FAILED, **SAID), result(id="other")], {("01_first", "works"): ["nudge", "answer"]})
    assert shown.index("remove one") < shown.index("hint 1:   nudge") < shown.index("hint 2:   answer")


def test_lines_are_short_enough_for_a_terminal() -> None:
    long = " ".join(["word"] * 200)
    lines = text([result(FAILED, seen=long, expected=long, advice=long)], {("01_first", "works"): [long]}).splitlines()
    assert max(map(len, lines)) <= WIDTH


def test_no_wrapped_line_steers_a_ci_system() -> None:
    said = ["word"] * 200
    said[1::2] = ["::error::owned"] * 100
    lines = text([result(FAILED, seen=" ".join(said), expected="one", advice="none")]).splitlines()
    assert not [line for line in lines if line.lstrip().startswith("::")]
