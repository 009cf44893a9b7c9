"""The report: the board in the terminal and report.json."""

import json
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from checks.lab.verdict import Outcome, Result, stage_outcome

WIDTH = 100
LABELS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "FAILED",
    Outcome.NOT_STARTED: "not started",
    Outcome.INCONCLUSIVE: "inconclusive",
}


def by_stage(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Return the results sorted into their stages, stages in the order of their names."""
    stages: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda result: result.criterion.stage):
        stages.setdefault(result.criterion.stage, []).append(result)
    return stages


def as_json(results: Iterable[Result], seed: int, mode: str) -> dict[str, Any]:
    """Return the content of report.json: the contract that scripts rely on."""
    return {"seed": seed, "mode": mode, "stages": {name: _stage_json(own) for name, own in by_stage(results).items()}}


def _stage_json(results: list[Result]) -> dict[str, Any]:
    return {
        "outcome": stage_outcome(results),
        "points": sum(result.points for result in results),
        "max_points": sum(result.criterion.max_points for result in results if not result.criterion.bonus),
        "criteria": [_criterion_json(result) for result in results],
    }


def _criterion_json(result: Result) -> dict[str, Any]:
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
    }


def message(result: Result) -> str:
    """Return all that is said about a result, a line for each part."""
    if result.waiting_for:
        return f"waiting for: {result.waiting_for}"
    parts = (("seen", result.seen), ("expected", result.expected), ("next", result.advice))
    return "\n".join([*filter(None, [result.message]), *(f"{name}: {text}" for name, text in parts if text)])


def write_json(folder: Path, results: Iterable[Result], seed: int, mode: str) -> None:
    """Write `folder`/report.json, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / "report.json.part"
    unfinished.write_text(json.dumps(as_json(results, seed, mode), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / "report.json")


def board(results: Iterable[Result], hints: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    """Yield the lines of the terminal board: each stage, its criteria, and what to do about those that failed."""
    for name, own in by_stage(results).items():
        outcome, sums = stage_outcome(own), _stage_json(own)
        yield ""
        yield f"{name}  {LABELS[outcome]}  {sums['points']}/{sums['max_points']} points"
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
    for part, text in (("seen", result.seen), ("expected", result.expected), ("next", result.advice)):
        if text:
            yield from _wrapped(part, text)


def _wrapped(part: str, text: str) -> Iterator[str]:
    margin = " " * 21
    first = f"{margin}{part + ':' if part else '':10}" if part else margin
    yield from textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))
