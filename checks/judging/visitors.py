"""Visitors: each simulated user is one visitor of the target, which tells them apart by the cookie that it sets."""

from itertools import pairwise

from checks.lab.locust.run import Run
from checks.lab.outcome import amount


def looked_like(run: Run) -> str:
    """Return, in words, how many visitors the users of a run looked like; empty if each was one visitor."""
    visitors, shared = len(run.journal.visits()), len(overlapping(run))
    if visitors == run.users and not shared:
        return ""
    seen = f"{run.users} users looked like {amount(visitors, 'visitor')}"
    return f"{seen}, {shared} of them with two requests at once" if shared else seen


def overlapping(run: Run) -> list[str]:
    """Return the visitors that sent a request before the last one was answered: several users behind one client."""
    return [
        visitor
        for visitor, requests in run.journal.visits().items()
        if any(after.start < before.end for before, after in pairwise(requests))
    ]
