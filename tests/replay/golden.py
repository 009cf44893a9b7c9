"""Golden verdicts: the frozen outcome and message of each criterion for each submission of the corpus.

While the grader's inside is rebuilt, none of them may change, neither when recorded runs are judged again, nor live.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from checks.stages import ROOT
from tests.corpus import Entry
from tests.replay.recording import Told

FILE, FAILED = ROOT / "tests" / "golden.json", "failed"
# Parts of a message that differ from run to run: the order of requests, quoted texts, numbers, names of files.
CHANCE = (
    (re.compile(r"(?:GET|POST|PUT|DELETE|HEAD) /[^\s,:;()]*"), "REQUEST"),
    (re.compile(r"https?://[^\s,;]+"), "ADDRESS"),
    (re.compile(r'"[^"\n]*"|\'[^\'\n]*\''), "TEXT"),
    (re.compile(r"-?\d+(?:\.\d+)?"), "#"),
    (re.compile(r"# \(# times?\)"), "#"),
    (re.compile(r"(REQUEST|TEXT|#)(?: \(number #[^)]*\))?(?:, (?:\.\.\.|\1(?: \(number #[^)]*\))?))+"), r"\1 ..."),
    (re.compile(r"(# \w+?)s\b"), r"\1"),  # 1 request, 2 requests
)


def pattern(message: str) -> str:
    """Return a message without what chance and the machine put into it."""
    for found, put in CHANCE:
        message = found.sub(put, message)
    return message


def frozen(file: Path = FILE) -> dict[str, Any]:
    """Return the golden verdicts by entry: outcomes by criterion, and patterns for the messages of failed ones."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}  # type: ignore[no-any-return]


def freeze(verdicts: dict[str, Sequence[Told]], file: Path = FILE) -> None:
    """Add verdicts to the golden ones: outcomes as they are now, patterns beside those that are known already."""
    known = frozen(file)
    for entry, told in verdicts.items():
        before = known.get(entry, {"says": {}})["says"]
        says = {
            one.id: sorted({*before.get(one.id, ()), pattern(one.message)}) for one in told if one.outcome == FAILED
        }
        known[entry] = {"outcomes": {one.id: one.outcome for one in told}, "says": says}
    file.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")


def departure(entry: Entry, told: Sequence[Told], golden: dict[str, Any]) -> str:
    """Return how a verdict differs from its golden one; "" if it doesn't, or if none is frozen."""
    if (own := golden.get(str(entry))) is None:
        return ""
    outcomes = {one.id: one.outcome for one in told}
    if outcomes != own["outcomes"]:
        return f"{outcomes} instead of {own['outcomes']}"
    for one in told:
        if one.outcome == FAILED and pattern(one.message) not in own["says"].get(one.id, ()):
            return f"{one.id} says {pattern(one.message)!r}, which is none of {own['says'].get(one.id)}"
    return ""
