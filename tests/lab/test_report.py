"""The report: the contract of report.json, and a board that a person reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from checks.lab.report import WIDTH, as_json, board, write_json
from checks.lab.verdict import Outcome, Result
from tests.lab.witness import result

FAILED = Outcome.FAILED
SAID: dict[str, Any] = {"seen": "two", "expected": "one", "advice": "remove one"}


def text(results: list[Result], hints: dict[tuple[str, str], list[str]] | None = None) -> str:
    return "\n".join(board(results, hints or {}))


def test_report_json_keeps_its_contract(tmp_path: Path) -> None:
    results = [
        result(id="loads", points=2),
        result(FAILED, id="works", points=3, **SAID),
        result(Outcome.NOT_STARTED, id="shines", points=4, waiting_for="works"),
        result(id="extra", points=5, bonus=True),
    ]
    write_json(tmp_path / "new" / "folder", results, 42, mode="practice")
    assert json.loads((tmp_path / "new" / "folder" / "report.json").read_text()) == {
        "seed": 42,
        "mode": "practice",
        "stages": {
            "01_first": {
                "outcome": "failed",
                "points": 7,
                "max_points": 9,
                "criteria": [
                    {
                        "id": "loads",
                        "title": "It loads.",
                        "outcome": "passed",
                        "points": 2,
                        "max_points": 2,
                        "message": "",
                    },
                    {
                        "id": "works",
                        "title": "It works.",
                        "outcome": "failed",
                        "points": 0,
                        "max_points": 3,
                        "message": "seen: two\nexpected: one\nnext: remove one",
                    },
                    {
                        "id": "shines",
                        "title": "It shines.",
                        "outcome": "not_started",
                        "points": 0,
                        "max_points": 4,
                        "message": "waiting for: works",
                        "waiting_for": "works",
                    },
                    {
                        "id": "extra",
                        "title": "It extra.",
                        "outcome": "passed",
                        "points": 5,
                        "max_points": 5,
                        "message": "",
                        "bonus": True,
                    },
                ],
            }
        },
    }


def test_stages_come_in_the_order_of_their_names_and_criteria_in_their_own() -> None:
    results = [result(id=id, stage=stage) for stage, id in (("02_b", "z"), ("01_a", "y"), ("02_b", "x"))]
    stages = as_json(results, 1, "practice")["stages"]
    assert [(name, [each["id"] for each in stage["criteria"]]) for name, stage in stages.items()] == [
        ("01_a", ["y"]),
        ("02_b", ["z", "x"]),
    ]


def test_a_report_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_json(tmp_path, [result()], seed, mode="exam")
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["seed"] == 2


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
