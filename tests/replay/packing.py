"""Packing: turns what a run has shown into plain JSON values, and back.

A packed value names fields but no classes: the annotations of the grader's fixtures say what a value becomes. So a
recording stays valid if a class moves to another module or gets another name, as long as its fields keep their names.
"""

import types
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from checks.lab import Journal, Request
from checks.lab.target.middleware.gates import Gate, GivenUp

# Attributes that checks read after a run from an object that took part in it.
STATES: dict[type, dict[str, Any]] = {
    Gate: {"passed": int, "gave_up": GivenUp | None, "files": list[tuple[float, float]]}
}


class Unfit(Exception):
    """A recorded value does not fit the annotation: fields have changed since it was recorded."""


class Packer:
    """Packs values; requests, which many journals share, go into one table."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self._known: dict[int, int] = {}
        self._kept: list[Request] = []  # so that no other object gets the id of one of them

    def pack(self, value: Any) -> Any:
        """Return a value as JSON has it."""
        if value is None or (isinstance(value, str | int | float) and not isinstance(value, Enum)):
            return value
        if isinstance(value, Request):
            return self._number(value)
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, bytes):
            return value.decode("latin-1")
        if is_dataclass(value):
            return {field.name: self.pack(getattr(value, field.name)) for field in fields(value)}
        if hasattr(value, "_asdict"):  # a named tuple
            return {name: self.pack(one) for name, one in value._asdict().items()}
        if isinstance(value, Mapping):
            return {str(key): self.pack(one) for key, one in value.items()}
        if isinstance(value, Set):
            return sorted(map(self.pack, value))
        if isinstance(value, Journal | Sequence):
            return [self.pack(one) for one in value]
        raise Unfit(f"nobody has said how to record {type(value).__name__}")

    def _number(self, request: Request) -> int:
        if id(request) not in self._known:
            self._known[id(request)] = len(self.requests)
            self.requests.append({field.name: getattr(request, field.name) for field in fields(request)})
            self._kept.append(request)
        return self._known[id(request)]


class Unpacker:
    """Restores the values that a packer has packed, each by its annotation."""

    def __init__(self, requests: list[Any]) -> None:
        self._requests = [Request(**facts) if facts else None for facts in requests]  # a variation may drop some

    def unpack(self, kind: Any, value: Any) -> Any:
        """Return the value that `value` was before it was packed.

        Raises:
            Unfit: its fields differ from those that its class has now.
        """
        if kind is Request:
            return self._requests[value]
        if kind is Journal:
            return self._journal(value)
        if kind is bytes:
            return value.encode("latin-1")
        if get_origin(kind) in (types.UnionType, Union):  # of something and None
            return None if value is None else self.unpack(get_args(kind)[0], value)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind[value]
        if isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields")):
            return self._made(kind, value)
        if get_origin(kind) is not None:
            return self._collection(get_origin(kind), get_args(kind), value)
        return value

    def _journal(self, numbers: list[int]) -> Journal:
        journal = Journal()
        for request in self.unpack(tuple[Request, ...], numbers):
            journal.add(request)
        return journal

    def _made(self, kind: type, value: Any) -> Any:
        """Return a dataclass or a named tuple."""
        hints = annotations(kind)
        names = [field.name for field in fields(kind)] if is_dataclass(kind) else kind._fields  # type: ignore[attr-defined]
        if unknown := value.keys() - set(names):
            raise Unfit(f"{kind.__name__} was recorded with {', '.join(sorted(unknown))}; it has {', '.join(names)}")
        return kind(**{name: self.unpack(hints[name], one) for name, one in value.items()})  # a new field has a default

    def _collection(self, kind: Any, inner: tuple[Any, ...], value: Any) -> Any:
        if issubclass(kind, Mapping):
            key, one = inner
            return {key(name): self.unpack(one, each) for name, each in value.items()}
        if kind is tuple and Ellipsis not in inner:
            return tuple(self.unpack(one, each) for one, each in zip(inner, value, strict=True))
        made = (self.unpack(inner[0], each) for each in value)
        if inner[0] is Request:
            made = (request for request in made if request)
        return list(made) if kind not in (tuple, set, frozenset) else kind(made)


@cache
def annotations(kind: Any) -> dict[str, Any]:
    """Return the annotations of a class or a function, evaluated."""
    return get_type_hints(kind)
