"""The timeline: which user sent what, an excerpt of a journal that is small enough to be shown."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from checks.lab.journal import Request
from checks.lab.target import Target
from checks.lab.verdict import plain

MAX_USERS = 20
MAX_MARKS = 300
MAX_KINDS = 6  # as many shapes as can be told apart; what is rarer shares the last one
MAX_PATH = 120
OTHERS = "other requests"
NUMBER = re.compile(r"(?<=/)(?:\d+|[0-9a-fA-F-]{32,36})(?=/|$)")


@dataclass(frozen=True)
class Mark:
    """A request on the timeline; seconds since the first request of the run."""

    kind: str
    text: str
    status: int
    start: float
    end: float


@dataclass(frozen=True)
class Row:
    """One user's first requests, and how many it sent in all."""

    user: str
    marks: tuple[Mark, ...]
    total: int


@dataclass(frozen=True)
class Timeline:
    """The beginning of one run: its first users, and what each of them sent first."""

    requests: int
    users: int
    kinds: tuple[str, ...]
    rows: tuple[Row, ...]
    reason: str = ""  # the criterion for which the run was made

    def packed(self) -> dict[str, Any]:
        """Return the timeline as plain JSON values, for the way between processes."""
        return asdict(self)

    @classmethod
    def unpacked(cls, facts: dict[str, Any]) -> "Timeline":
        """Return the timeline that `packed` has packed."""
        rows = tuple(
            Row(row["user"], tuple(Mark(**mark) for mark in row["marks"]), row["total"]) for row in facts["rows"]
        )
        return cls(**{**facts, "kinds": tuple(facts["kinds"]), "rows": rows})


def timeline(target: Target) -> Timeline:
    """Return the timeline of all that a target saw."""
    visits = target.journal.visits()
    began = min((request.start for own in visits.values() for request in own), default=0.0)
    shown = list(visits.items())[:MAX_USERS]
    each = MAX_MARKS // max(1, len(shown))
    common = [kind for kind, _ in Counter(_kind(r) for _, own in shown for r in own[:each]).most_common()]
    kinds = common if len(common) <= MAX_KINDS else [*common[: MAX_KINDS - 1], OTHERS]
    rows = [
        Row(_name(number, visitor, own, target), tuple(_mark(r, kinds, began) for r in own[:each]), len(own))
        for number, (visitor, own) in enumerate(shown, start=1)
    ]
    return Timeline(len(target.journal), len(visits), tuple(kinds), tuple(rows))


def _name(number: int, visitor: str, own: Sequence[Request], target: Target) -> str:
    """Return what a user is called: by its turn, and by its process where there are several."""
    process = target.peers.name(own[0].peer_port) if target.peers else ""
    return (f"user {number}" if visitor else "no user") + (f", {process}" if process else "")


def _mark(request: Request, kinds: Sequence[str], began: float) -> Mark:
    kind = _kind(request)
    return Mark(
        kind=kind if kind in kinds else OTHERS,
        text=plain(f"{request.method} {_address(request)}", MAX_PATH),
        status=request.status,
        start=round(request.start - began, 3),
        end=round(request.end - began, 3),
    )


def _kind(request: Request) -> str:
    """Return what requests have in common that differ in their ids only."""
    query = "&".join(f"{name}=N" for name in sorted(request.query))
    return plain(f"{request.method} {NUMBER.sub('N', request.path)}{'?' + query if query else ''}", MAX_PATH // 2)


def _address(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
    return f"{request.path}?{query}" if query else request.path
