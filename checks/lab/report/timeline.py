"""The timeline: which user sent what, as an excerpt of a journal that is small enough to show."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from checks.lab.outcome import plain
from checks.lab.target.journal import Request
from checks.lab.target.server import Target

MAX_USERS = 24
MAX_MARKS = 300
MAX_MOMENTS = 8
MAX_KINDS = 6  # as many shapes as a person can tell apart; rarer kinds share the last one
MAX_PATH = 120
OTHERS = "other requests"
NUMBER = re.compile(r"(?<=/)(?:\d+|[0-9a-fA-F-]{32,36})(?=/|$)")

Visits = Mapping[str, Sequence[Request]]
Holder = Callable[[Request], str]


@dataclass(frozen=True)
class Mark:
    """A request on the timeline; seconds since the first request of the run."""

    kind: str
    text: str
    status: int
    start: float
    end: float
    is_culprit: bool = False  # whether a criterion failed because of this request


@dataclass(frozen=True)
class UserRow:
    """One user: whose data it asks for, which of its requests are drawn, how many it sent in all, and when.

    `begin` and `end` are the start of its first and the end of its last request, as far as the picture reaches.
    """

    user: str
    marks: tuple[Mark, ...]
    total: int
    holder: str = ""
    begin: float = 0.0
    end: float = 0.0


@dataclass(frozen=True)
class IncidentMark:
    """Something that happened to the processes; seconds since the first request of the run."""

    time: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """A run, or a part of it: the seconds from `begin` to `end`, in which every `every`-th request is drawn."""

    requests: int
    users: int
    kinds: tuple[str, ...]
    rows: tuple[UserRow, ...]
    reason: str = ""  # the criterion for which the run was made
    began: float = 0.0  # seconds of `time.monotonic`; identifies a run
    begin: float = 0.0
    end: float = 0.0
    length: float = 0.0  # of the whole run
    every: int = 1
    errors: int = 0  # requests of the whole run that were answered with an error
    compression: float = 1.0  # by which think times are divided
    moments: tuple[IncidentMark, ...] = ()
    culprit_of: str = ""  # the criterion that failed for the marked request

    @property
    def culprit(self) -> tuple[UserRow, Mark] | None:
        """The request because of which a criterion failed, with its user."""
        return next(((row, mark) for row in self.rows for mark in row.marks if mark.is_culprit), None)

    def packed(self) -> dict[str, Any]:
        """Return the timeline as plain JSON values, to pass it between processes."""
        return asdict(self)

    @classmethod
    def unpacked(cls, facts: dict[str, Any]) -> "Timeline":
        """Return the timeline that `packed` has packed."""
        rows = tuple(UserRow(**{**row, "marks": tuple(Mark(**mark) for mark in row["marks"])}) for row in facts["rows"])
        moments = tuple(IncidentMark(**moment) for moment in facts["moments"])
        return cls(**{**facts, "kinds": tuple(facts["kinds"]), "rows": rows, "moments": moments})


def timeline(target: Target, holder: Holder = lambda _: "", culprit: Request | None = None) -> Timeline:
    """Return the timeline of what a target saw: the beginning of the run, or the surroundings of the culprit.

    The run of a swarm with incidents is shown from end to end. `holder` tells whose data a request asks for.
    """
    visits = target.journal.visits()
    everything = [request for own in visits.values() for request in own]
    if not everything:
        return Timeline(0, 0, (), (), compression=target.compression)
    began, ended = min(request.start for request in everything), max(request.end for request in everything)
    moments = sorted(_moments(target, visits, holder, began, ended), key=lambda moment: moment.time)[:MAX_MOMENTS]
    numbered = list(enumerate(visits.items(), start=1))
    shown = [*numbered[:MAX_USERS], *(each for each in numbered[MAX_USERS:] if culprit in each[1][1])]
    requests = sorted((request for _, (_, own) in shown for request in own), key=lambda request: request.start)
    window = requests if moments else _around(requests, culprit)
    begin = window[0].start if window[0] is not requests[0] else began
    end = window[-1].start if window[-1] is not requests[-1] else max(request.end for request in window)
    every = ceil(len(window) / MAX_MARKS)
    common = [kind for kind, _ in Counter(map(_kind, window)).most_common()]
    kinds = common if len(common) <= MAX_KINDS else [*common[: MAX_KINDS - 1], OTHERS]

    def row(number: int, visitor: str, own: Sequence[Request]) -> UserRow:
        seen = [request for request in own if begin <= request.start <= end]
        drawn = [request for n, request in enumerate(seen) if n % every == 0 or request is culprit]
        return UserRow(
            user=_name(number, visitor, own, target),
            marks=tuple(_mark(request, kinds, began, culprit) for request in drawn),
            total=len(own),
            holder=_holder(own, holder),
            begin=round(max(own[0].start, begin) - began, 3),
            end=round(min(own[-1].end, end) - began, 3),
        )

    rows = (row(number, *visit) for number, visit in shown)
    return Timeline(
        requests=len(everything),
        users=len(visits),
        kinds=tuple(kinds),
        rows=tuple(row for row in rows if row.marks),
        began=began,
        begin=round(begin - began, 3),
        end=round(end - began, 3),
        length=round(ended - began, 3),
        every=every,
        errors=sum(request.status >= 400 for request in everything),
        compression=target.compression,
        moments=tuple(moments),
    )


def _around(requests: Sequence[Request], culprit: Request | None) -> Sequence[Request]:
    """Return the first requests, or as many around the culprit."""
    position = next((n for n, request in enumerate(requests) if request is culprit), 0)
    first = max(0, min(position - MAX_MARKS // 2, len(requests) - MAX_MARKS))
    return requests[first : first + MAX_MARKS]


def _moments(target: Target, visits: Visits, holder: Holder, began: float, ended: float) -> Iterator[IncidentMark]:
    """Yield what happened to the processes while there were requests, and when a lost one's data had a user again."""
    for incident in target.incidents:
        if began < incident.time <= ended:
            yield IncidentMark(round(incident.time - began, 3), incident.text)
            if incident.lost:
                yield from _return(target, visits, holder, began, incident.time, incident.lost)


def _return(
    target: Target, visits: Visits, holder: Holder, began: float, since: float, lost: str
) -> Iterator[IncidentMark]:
    """Yield the moment when, after the loss of a process, another user first asked for its users' data."""
    users = [(_holder(own, holder), _process(own, target), own[0].start) for own in visits.values()]
    freed = {held for held, process, _ in users if process == lost and held}
    heirs = [(start, held, process) for held, process, start in users if start > since and held in freed]
    if heirs:
        start, held, process = min(heirs)
        yield IncidentMark(round(start - began, 3), f"{held}, which was {lost}'s, has a user again, on {process}")


def _holder(own: Sequence[Request], holder: Holder) -> str:
    """Return whose data a user first asked for; empty if it asked for nobody's."""
    return plain(next(filter(None, map(holder, own)), ""), MAX_PATH // 2)


def _process(own: Sequence[Request], target: Target) -> str:
    return target.peers.name(own[0].peer_port) if target.peers else ""


def _name(number: int, visitor: str, own: Sequence[Request], target: Target) -> str:
    """Return a user's name: by its turn, and by its process if there are several."""
    process = _process(own, target)
    return (f"user {number}" if visitor else "no user") + (f", {process}" if process else "")


def _mark(request: Request, kinds: Sequence[str], began: float, culprit: Request | None) -> Mark:
    kind = _kind(request)
    return Mark(
        kind=kind if kind in kinds else OTHERS,
        text=plain(f"{request.method} {request.address}", MAX_PATH),
        status=request.status,
        start=round(request.start - began, 3),
        end=round(request.end - began, 3),
        is_culprit=request is culprit,
    )


def _kind(request: Request) -> str:
    """Return what requests that differ only in their ids have in common."""
    query = "&".join(f"{name}=N" for name in sorted(request.query))
    return plain(f"{request.method} {NUMBER.sub('N', request.path)}{'?' + query if query else ''}", MAX_PATH // 2)
