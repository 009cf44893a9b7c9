"""Findings: what a learner has measured, as written down in findings.toml."""

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from checks.lab.outcome import Failed, NotStarted
from checks.lab.submission.answer import Submission

NAME = "findings.toml"
SHAPE = 'name = "...", max_throughput_rps = ..., users_at_saturation = ...'
MAX_BYTES = 4 * 1024  # a key of two thousand dots takes the parser half a second, one of a million takes it days
LISTED = 3
MOST = 100_000.0  # of anything: more than any laptop serves


@dataclass(frozen=True)
class Findings:
    """The name with which a shop was started, the most requests/s that it answered, and the fewest users for that."""

    name: str
    max_throughput_rps: float
    users_at_saturation: float


def read_findings(submission: Submission) -> Findings:
    """Return the findings that lie beside the locustfile.

    Raises:
        NotStarted: there are none.
        Failed: they can't be read, or a value is impossible.
    """
    file = submission.folder / NAME
    if file not in submission.files:
        raise NotStarted(f"measure the mystery shop, and write {NAME} beside your locustfile with {SHAPE}")
    facts = _parsed(submission.read(file))
    name = facts.get("name")
    if not isinstance(name, str):
        raise _unusable(f"{NAME} has {_told(facts, 'name')}", 'write name = "..." with the name behind --mystery')
    return Findings(name, _number(facts, "max_throughput_rps"), _number(facts, "users_at_saturation"))


def told(submission: Submission) -> dict[str, Any]:
    """Return the findings as report.json holds them; empty if there are none that can be read."""
    try:
        return asdict(read_findings(submission))
    except (NotStarted, Failed):
        return {}


def shared(names: Sequence[str], told_by: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a note for each of many submissions, which names the others that have the same findings.

    A single submission doesn't show whether its findings were measured, or copied from a neighbour.
    """
    shops, figures = defaultdict[object, list[str]](list), defaultdict[object, list[str]](list)
    for name, told in zip(names, told_by, strict=True):
        shops[_shop(told)].append(name)
        figures[_figures(told)].append(name)
    return [_note(name, told, shops, figures) for name, told in zip(names, told_by, strict=True)]


def _note(
    name: str, told: Mapping[str, Any], shops: Mapping[object, list[str]], figures: Mapping[object, list[str]]
) -> str:
    if not told:
        return ""
    for what, same in (("mystery shop", shops[_shop(told)]), ("findings", figures[_figures(told)])):
        others = [other for other in same if other != name]
        if others:
            more = f" and {len(others) - LISTED} more" if len(others) > LISTED else ""
            return f"the same {what} as {', '.join(others[:LISTED])}{more}"
    return ""


def _shop(told: Mapping[str, Any]) -> str:
    """Return the name of a shop as the shop itself reads it: case and surrounding blanks don't count."""
    name = unicodedata.normalize("NFD", str(told.get("name", "")))
    return unicodedata.normalize("NFD", name.casefold()).strip()


def _figures(told: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(value for key, value in sorted(told.items()) if key != "name")


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise _unusable(f"{NAME} has more than {MAX_BYTES >> 10} kB", "keep the three lines alone")
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
    try:
        return f"{key} = {facts[key]!r:.60}" if key in facts else f"no {key}"
    except ValueError:  # Python prints no number of more than 4300 digits
        return f"{key} with thousands of digits"


def _unusable(seen: str, advice: str) -> Failed:
    return Failed(seen, f"three lines: {SHAPE}", advice)
