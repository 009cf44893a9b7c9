"""The only reader of JSON that a submission could have written: it makes the expected object, or refuses.

Libraries for this refuse a text that is too long, or let it pass. This reader cuts it: a submission could hide an error
behind a refusal, and flood a report if the text passed.
"""

import json
import math
import types
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Kind = TypeVar("Kind")
MOST_LINES = 100_000  # more than the longest run writes
LONGEST_TEXT = 4_000  # characters
DEEPEST = 50  # levels of a JSON value
MISFITS = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def lines(path: Path, most_bytes: int, longest: int) -> list[bytes]:
    """Return the lines of a file, of its first `most_bytes` only, without those that are longer than `longest`.

    There are at most `MOST_LINES` of them.
    """
    if not path.exists():
        return []
    with path.open("rb") as file:
        found = file.read(most_bytes).split(b"\n", MOST_LINES)[:MOST_LINES]
    return [line for line in found if 0 < len(line) <= longest]


def value(text: bytes) -> Any:
    """Return the JSON value that a text holds; None if it holds none, or one that is nested too deeply."""
    try:
        found = json.loads(text)
    except MISFITS:  # thousands of opening brackets exhaust the parser's stack
        return None
    return found if _is_shallow(found) else None


def _is_shallow(found: Any) -> bool:
    """Tell whether a JSON value can be shown: a deep one could exhaust the stack."""
    level = [found]
    for _ in range(DEEPEST):
        containers = [one for one in level if isinstance(one, dict | list)]
        level = [inner for one in containers for inner in (one.values() if isinstance(one, dict) else one)]
    return not any(isinstance(one, dict | list) for one in level)


def parsed(line: bytes) -> dict[str, Any]:
    """Return the JSON object that a line holds; an empty one if it holds none."""
    facts = value(line)
    return facts if isinstance(facts, dict) else {}


def fit(kind: type[Kind], facts: Any) -> Kind | None:
    """Return a dataclass made of `facts`; None if they don't fit."""
    try:
        return _fit(kind, facts)  # type: ignore[no-any-return]
    except MISFITS:
        return None


def _fit(kind: Any, value: Any) -> Any:
    if kind is Any:
        return value
    if _is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _fit(hints[name], one) for name, one in value.items()})
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise TypeError(value)
        return tuple(_fit(get_args(kind)[0], one) for one in value)
    if get_origin(kind) is dict:
        return {str(name)[:LONGEST_TEXT]: _fit(get_args(kind)[1], one) for name, one in value.items()}
    if get_origin(kind) is types.UnionType:  # of something and None
        return None if value is None else _fit(get_args(kind)[0], value)
    if kind in (int, float):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TypeError(value)
        return kind(value)
    return str(value)[:LONGEST_TEXT] if kind is str else kind(value)


def _is_dataclass(kind: Any) -> bool:
    return is_dataclass(kind)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
