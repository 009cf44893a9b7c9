"""Gaps: the seconds between a user's answer and its next request, by what it asked for before and after."""

import re
from collections.abc import Callable
from itertools import pairwise

from checks.lab.target.journal import Journal, Request
from checks.lab.target.middleware.gates import Gate

MANY = 20  # gaps: fewer are no sample
VARYING = re.compile(r"/[^/\s]*\d[^/\s]*")  # a part of a path that varies between requests: a number, a uuid

Gaps = dict[str, list[float]]  # sorted, by the step in which they lie


def settled(journal: Journal) -> list[Request]:
    """Return the requests since every visitor was there: while Locust starts users, it neglects the running ones."""
    complete = max((own[0].start for own in journal.visits().values()), default=0.0)
    return [request for request in journal if request.end > complete]


def gaps(journal: Journal) -> Gaps:
    """Return the gaps since all users were there, without those after first answers, which a crowd gets all at once."""
    later = {request.id for request in settled(journal)}
    later -= {requests[0].id for requests in journal.visits().values()}
    return _gaps_after(journal, lambda request: request.id in later)


def gaps_in_single_file(journal: Journal, gate: Gate) -> Gaps:
    """Return the gaps of users whom a gate let out in single file; all gaps if it gave up."""
    if gate.gave_up:
        return _gaps_after(journal, lambda _: True)
    return _gaps_after(journal, lambda request: any(start <= request.end <= end for start, end in gate.files))


def _gaps_after(journal: Journal, counts: Callable[[Request], bool]) -> Gaps:
    found: Gaps = {}
    for requests in journal.visits().values():
        for before, after in pairwise(requests):
            if counts(before):
                step = VARYING.sub("/<id>", f"between {before} and {after}")
                found.setdefault(step, []).append(after.start - before.end)
    return {step: sorted(own) for step, own in found.items()}


def in_all_steps(found: Gaps) -> list[float]:
    """Return the gaps of all steps together, sorted."""
    return sorted(gap for own in found.values() for gap in own)


def are_many(found: list[float]) -> bool:
    """Tell whether there are enough gaps to judge by their quick end."""
    return len(found) >= MANY
