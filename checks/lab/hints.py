"""The hints: for each criterion of a stage a few, from a nudge to nearly the answer; opened one at a time."""

import re
from pathlib import Path

import pytest

from checks.lab.verdict import Outcome, Result

FOLDER = Path(__file__).resolve().parents[1] / "hints"


def read(stage: str) -> dict[str, list[str]]:
    """Return the hints of a stage by criterion: in its Markdown file a heading for each, a paragraph for each hint."""
    file = FOLDER / f"{stage}.md"
    sections = (
        re.split(r"^## +(\w+) *$", file.read_text(encoding="utf-8"), flags=re.MULTILINE) if file.exists() else [""]
    )
    return {
        name: [" ".join(hint.split()) for hint in re.split(r"\n\s*\n", text) if hint.strip()]
        for name, text in zip(sections[1::2], sections[2::2], strict=True)
    }


def open_next(results: list[Result], cache: pytest.Cache | None) -> dict[tuple[str, str], list[str]]:
    """Open one more hint for the first thing to do in each stage, and return all that are open there."""
    opened = {}
    for stage in {result.criterion.stage for result in results}:
        criterion = _first_to_do(results, stage)
        known = read(stage).get(criterion, [])
        if not known:
            continue
        key = f"workshop/hints/{stage}/{criterion}"
        count = min(1 + (cache.get(key, 0) if cache else 0), len(known))
        if cache:
            cache.set(key, count)
        opened[stage, criterion] = known[:count]
    return opened


def _first_to_do(results: list[Result], stage: str) -> str:
    open_ones = (Outcome.FAILED, Outcome.NOT_STARTED)
    return next((r.criterion.id for r in results if r.criterion.stage == stage and r.outcome in open_ones), "")
