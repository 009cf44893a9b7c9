"""Findings: what a learner has measured, as written down in findings.toml."""

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from checks.lab.submission import Submission
from checks.lab.verdict import Failed, NotStarted

NAME = "findings.toml"
SHAPE = 'name = "...", max_throughput_rps = ..., users_at_saturation = ...'
MOST = 100_000.0  # of anything: more than any laptop serves


@dataclass(frozen=True)
class Findings:
    """The name that a shop was opened with, the most requests/s it answered, and the fewest users that get as much."""

    name: str
    max_throughput_rps: float
    users_at_saturation: float


def read_findings(submission: Submission) -> Findings:
    """Return the findings that lie beside the locustfile.

    Raises:
        NotStarted: there are none.
        Failed: they can't be read, or hold what can't be a finding.
    """
    file = submission.folder / NAME
    if file not in submission.files:
        raise NotStarted(f"measure the mystery shop, and write {NAME} beside your locustfile with {SHAPE}")
    facts = _parsed(submission.read(file))
    name = facts.get("name")
    if not isinstance(name, str):
        raise _unusable(f"{NAME} has {_told(facts, 'name')}", 'write name = "..." with the name behind --mystery')
    return Findings(name, _number(facts, "max_throughput_rps"), _number(facts, "users_at_saturation"))


def _parsed(content: bytes) -> dict[str, Any]:
    text = ""
    try:
        text = content.decode("utf-8-sig")  # Windows editors like to begin with a mark
        return tomllib.loads(text)
    except UnicodeDecodeError:
        raise _unusable(f"{NAME} is not UTF-8 text", "save it again as UTF-8") from None
    except (ValueError, RecursionError) as error:
        advice = 'write a line for each key; text stands in "quotes"'
        if comma := re.search(r"=[ \t]*(\d{1,9}),(\d{1,9})[ \t]*(?:#|$)", text, re.MULTILINE):
            advice = f"a decimal number is written with a point: {comma[1]}.{comma[2]}"
        raise _unusable(f"{NAME} is not TOML: {error}", advice) from None


def _number(facts: dict[str, Any], key: str) -> float:
    value = facts.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unusable(f"{NAME} has {_told(facts, key)}", f"write {key} = and the number, without quotes and unit")
    if not 0 < value <= MOST:  # nan is neither
        raise _unusable(f"{NAME} has {_told(facts, key)}, which nobody can measure", "write what Locust showed")
    return float(value)


def _told(facts: dict[str, Any], key: str) -> str:
    return f"{key} = {facts[key]!r:.60}" if key in facts else f"no {key}"


def _unusable(seen: str, advice: str) -> Failed:
    return Failed(seen, f"three lines: {SHAPE}", advice)
