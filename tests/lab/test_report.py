"""The report: the contract of report.json."""

import json
from pathlib import Path
from typing import Any

from checks.lab.outcome import Outcome, Result
from checks.lab.report.evidence import Evidence
from checks.lab.report.report import Report
from tests.lab.witness import result

SAID: dict[str, Any] = {"seen": "two", "expected": "one", "advice": "remove one"}


def written(folder: Path, results: list[Result], **more: Any) -> dict[str, Any]:
    Report(results, 42, **more).write(folder)
    return dict(json.loads((folder / "report.json").read_text()))


def test_report_json_keeps_its_contract(tmp_path: Path) -> None:
    results = [
        result(id="loads", points=2),
        result(Outcome.FAILED, id="works", points=3, **SAID),
        result(Outcome.NOT_STARTED, id="shines", points=4, waiting_for="works"),
        result(id="extra", points=5, bonus=True),
    ]
    found = written(tmp_path / "new" / "folder", results, evidence={"01_first": Evidence(notes=["a: starts threads"])})
    assert {name: found[name] for name in ("seed", "mode", "stages")} == {
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
                "notes": ["a: starts threads"],
            }
        },
    }


def test_report_json_says_what_was_graded_with_what(tmp_path: Path) -> None:
    found = written(tmp_path, [result(part=2)], submission="ann", date="2026-01-01 00:00 UTC", mode="exam")
    assert (found["submission"], found["date"], found["mode"]) == ("ann", "2026-01-01 00:00 UTC", "exam")
    assert set(found["versions"]) == {"python", "locust", "system"}
    assert found["stages"]["01_first"]["criteria"][0]["part"] == 2


def test_stages_come_in_the_order_of_their_names_and_criteria_in_their_own() -> None:
    results = [result(id=id, stage=stage) for stage, id in (("02_b", "z"), ("01_a", "y"), ("02_b", "x"))]
    stages = Report(results, 1).as_json()["stages"]
    assert [(name, [each["id"] for each in stage["criteria"]]) for name, stage in stages.items()] == [
        ("01_a", ["y"]),
        ("02_b", ["z", "x"]),
    ]


def test_a_report_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path) -> None:
    for seed in (1, 2):
        Report([result()], seed).write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["seed"] == 2
