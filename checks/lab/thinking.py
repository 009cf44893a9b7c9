"""Think time: what passed between an answer and the same user's next request, as it would have been in real time."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from checks.lab.journal import Request
from checks.lab.swarm import Run

NOISE = 0.5  # seconds that a busy machine may add between an answer and the next request


@dataclass(frozen=True)
class Pause:
    """The time between two requests of one visitor, in seconds.

    `asked` is what Locust's wait functions asked for, exact. `extra` is the rest of the gap: the submission's own
    sleeps, and the machine's noise.
    """

    before: Request
    after: Request
    asked: float
    extra: float

    @property
    def seconds(self) -> float:
        """The think time: what was asked for, and what else passed if that is more than a machine's noise."""
        return self.asked + (self.extra if self.extra > NOISE else 0.0)


def pauses(run: Run) -> list[Pause]:
    """Return each pause of each visitor; a pause that the end of the run cut off is left out."""
    found: list[Pause] = []
    for visitor, requests in run.journal.visits().items():
        starts = [request.start for request in requests]
        asked, slept = [0.0] * len(requests), [0.0] * len(requests)
        for wait in run.record.waits:
            # The answer may reach the user before the target notes its end, so the request's start decides.
            position = bisect_right(starts, wait.start) - 1
            if wait.visitor == visitor and position >= 0:
                asked[position] += wait.asked
                slept[position] += wait.actual
        found += [
            Pause(before, after, asked[i], after.start - before.end - slept[i])
            for i, (before, after) in enumerate(pairwise(requests))
        ]
    return found


def crowded(run: Run) -> list[str]:
    """Return the visitors that sent a request before the last one was answered: several users behind one client."""
    return [
        visitor
        for visitor, requests in run.journal.visits().items()
        if any(after.start < before.end for before, after in pairwise(requests))
    ]
