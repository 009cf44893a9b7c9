"""The report: everything that is known about a grading, and report.json for scripts."""

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from checks.lab.outcome import Outcome, Result, stage_outcome
from checks.lab.report.evidence import Evidence

LABELS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "FAILED",
    Outcome.NOT_STARTED: "not started",
    Outcome.INCONCLUSIVE: "inconclusive",
}
MODES = ("practice", "exam")


@dataclass(frozen=True)
class Report:
    """The results of one grading, the evidence by stage, and the circumstances."""

    results: Sequence[Result]
    seed: int
    mode: str = "practice"
    submission: str = ""
    date: str = ""
    evidence: Mapping[str, Evidence] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the content of report.json: the contract that scripts rely on."""
        return {
            "seed": self.seed,
            "mode": self.mode,
            "submission": self.submission,
            "date": self.date,
            "versions": versions(),
            "stages": {
                name: stage_json(own, self.evidence.get(name, Evidence()))
                for name, own in by_stage(self.results).items()
            },
        }

    def write(self, folder: Path) -> None:
        """Write `folder`/report.json, whole or not at all."""
        write_whole(folder / "report.json", json.dumps(self.as_json(), indent=2) + "\n")


def versions() -> dict[str, str]:
    """Return the versions that a verdict may depend on."""
    return {"python": platform.python_version(), "locust": metadata.version("locust"), "system": platform.platform()}


def by_stage(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return the results sorted into their stages, stages in the order of their names."""
    stages: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda result: result.criterion.stage):
        stages.setdefault(result.criterion.stage, []).append(result)
    return stages


def points(results: Iterable[Result]) -> tuple[int, int]:
    """Return the points earned, including a bonus, and the most points without a bonus."""
    results = list(results)
    most = sum(result.criterion.max_points for result in results if not result.criterion.bonus)
    return sum(result.points for result in results), most


def scored(earned: int, most: int, bonus: int = 0) -> str:
    """Return points as people read them: those of the required parts, plus those of a bonus."""
    return f"{earned}/{most}" + (f" + {bonus}" if bonus else "")


def score(results: Iterable[Result]) -> str:
    """Return the points of some results as people read them."""
    results = list(results)
    earned, most = points(results)
    bonus = sum(result.points for result in results if result.criterion.bonus)
    return scored(earned - bonus, most, bonus)


def stage_json(results: list[Result], evidence: Evidence) -> dict[str, Any]:
    """Return a stage as report.json holds it."""
    earned, most = points(results)
    return {
        "outcome": stage_outcome(results),
        "points": earned,
        "max_points": most,
        "criteria": [criterion_json(result) for result in results],
        "notes": evidence.notes,
        **({"findings": evidence.findings} if evidence.findings else {}),
    }


def criterion_json(result: Result) -> dict[str, Any]:
    """Return a criterion with its outcome as report.json holds it."""
    criterion = result.criterion
    return {
        "id": criterion.id,
        "title": criterion.title,
        "outcome": result.outcome,
        "points": result.points,
        "max_points": criterion.max_points,
        "message": message(result),
        **({"waiting_for": result.waiting_for} if result.waiting_for else {}),
        **({"bonus": True} if criterion.bonus else {}),
        **({"part": criterion.part} if criterion.part else {}),
    }


def said(result: Result) -> list[tuple[str, str]]:
    """Return the parts of a failed criterion's message: what was seen, what was expected, what to try next."""
    parts = (("seen", result.seen), ("expected", result.expected), ("next", result.advice))
    return [(name, text) for name, text in parts if text]


def message(result: Result) -> str:
    """Return the whole message of a result, a line for each part."""
    if result.waiting_for:
        return f"waiting for: {result.waiting_for}"
    return "\n".join([*filter(None, [result.message]), *(f"{name}: {text}" for name, text in said(result))])


def write_whole(file: Path, text: str) -> None:
    """Write a file, whole or not at all; creates its folder if necessary."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.write_text(text, encoding="utf-8", errors="backslashreplace")  # whatever it holds
    unfinished.replace(file)
