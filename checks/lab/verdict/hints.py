"""The hints: a few for each criterion of a stage, from a nudge to almost the answer; opened one at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from checks.lab.outcome import Outcome, Result
from checks.stages import HINTS

# A hint for one symptom begins with: If it says "...":
SYMPTOM = re.compile(r'If it says "([^"]+)": ')


@dataclass(frozen=True)
class Opened:
    """The hints that are open for a criterion, and how many it has."""

    hints: Sequence[str]
    of: int


def read(stage: str) -> dict[str, list[str]]:
    """Return the hints of a stage by criterion: in its Markdown file a heading for each, a paragraph for each hint."""
    file = HINTS / f"{stage}.md"
    sections = (
        re.split(r"^## +(\w+) *$", file.read_text(encoding="utf-8"), flags=re.MULTILINE) if file.exists() else [""]
    )
    return {
        name: [" ".join(hint.split()) for hint in re.split(r"\n\s*\n", text) if hint.strip()]
        for name, text in zip(sections[1::2], sections[2::2], strict=True)
    }


def fitting(hints: Sequence[str], seen: str) -> list[str]:
    """Return the hints that fit what was seen: first those for this very symptom, then the general ones."""
    symptoms = [(SYMPTOM.match(hint), hint) for hint in hints]
    return [
        *(hint[found.end() :] for found, hint in symptoms if found and found[1] in seen),
        *(hint for found, hint in symptoms if not found),
    ]


def open_next(results: Sequence[Result], cache: pytest.Cache | None) -> dict[tuple[str, str], Opened]:
    """Open one more hint for the first thing to do in each stage, and return all that are open there."""
    opened = {}
    for stage in {result.criterion.stage for result in results}:
        result = _first_to_do(results, stage)
        known = fitting(read(stage).get(result.criterion.id, []), result.seen) if result else []
        if not result or not known:
            continue
        key = f"workshop/hints/{stage}/{result.criterion.id}"
        count = min(1 + (cache.get(key, 0) if cache else 0), len(known))
        if cache:
            cache.set(key, count)
        opened[stage, result.criterion.id] = Opened(known[:count], len(known))
    return opened


def _first_to_do(results: Sequence[Result], stage: str) -> Result | None:
    """Return the result that the board shows first: a failure or, if there is none, a criterion that is not begun."""
    own = [result for result in results if result.criterion.stage == stage and not result.waiting_for]
    kinds = (Outcome.FAILED, Outcome.NOT_STARTED)
    return next((result for kind in kinds for result in own if result.outcome is kind), None)
