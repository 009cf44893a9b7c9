"""The standing: it tells lost points from points that were not examined, and both from missing work."""

from typing import Any

import pytest

from checks.lab.report.standing import missing, outcome, parts, word


def criterion(outcome: str, id: str = "a", points: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": id, "outcome": outcome, "max_points": points, **more}


FAILED = criterion("failed", "works", 2)
BUSY = criterion("inconclusive", "rests", 3)
WAITS = criterion("not_started", "shines", 6, waiting_for="works")


def test_what_waits_was_not_examined() -> None:
    assert [word(each) for each in (FAILED, WAITS, criterion("not_started"))] == [
        *("failed", "not_examined", "not_started")
    ]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ([criterion("passed"), BUSY, FAILED], "failed"),
        ([WAITS, BUSY], "inconclusive"),
        ([criterion("passed"), WAITS, criterion("not_started")], "not_examined"),
        ([criterion("not_started")], "not_started"),
        ([criterion("passed"), criterion("not_started")], "not_finished"),
        ([criterion("passed"), criterion("not_started", bonus=True)], "passed"),
        ([criterion("failed", bonus=True), criterion("passed", bonus=True)], "failed"),
        ([], "not_started"),
    ],
)
def test_the_first_trouble_decides(criteria: list[dict[str, Any]], expected: str) -> None:
    assert outcome(criteria) == expected


def test_parts_come_by_number_and_tell_points_that_were_not_examined() -> None:
    found = parts([{**WAITS, "part": 2}, criterion("passed", part=2), {**WAITS, "part": 1}, FAILED])
    assert [(part.number, part.outcome, part.not_examined) for part in found] == [
        *((0, "failed", 0), (1, "not_examined", 0), (2, "not_examined", 6))
    ]


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ([FAILED], ""),
        ([FAILED, WAITS], "2 points lost, 6 not examined because they wait for the criterion that failed"),
        (
            [FAILED, criterion("failed", "b"), WAITS, criterion("not_started", "c", waiting_for="b")],
            "3 points lost, 7 not examined because they wait for criteria that failed",
        ),
        (
            [BUSY, criterion("not_started", "c", waiting_for="rests")],
            "3 points inconclusive, 1 not examined because they wait for the criterion that did not pass",
        ),
        ([FAILED, {**WAITS, "bonus": True}], ""),
    ],
)
def test_missing_points_are_lost_or_were_not_examined(criteria: list[dict[str, Any]], said: str) -> None:
    assert missing(criteria) == said
