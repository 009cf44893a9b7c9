"""Think time: the time between an answer and the same user's next request, as it would have been in real time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import quantiles

from checks.lab.locust.run import Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Request
from checks.lab.verdict.strain import strain

# Seconds. A busy machine adds time to many gaps, but hardly this much to three quarters of them. A sleep does.
OWN_SLEEP = 0.2
ENOUGH, SAME_WAIT, SAME_SLEEP = 21, 0.001, 0.01  # pauses, and seconds between the shortest and the longest of them
TOLERANCE = 0.1  # seconds
MOST_LATE = 0.15  # the share of own sleeps that a busy machine may lengthen, since they are measured, not recorded
TRUE_SHARE = 0.8  # a timer may fire a little early, but users that only claim to sleep don't pause at all


@dataclass(frozen=True)
class Pause:
    """The time between two requests of one visitor, in seconds.

    `asked` is exactly what Locust's wait functions asked for. `extra` is the rest of the gap: the submission's own
    sleeps, and the machine's noise. `own` is a lower bound of the submission's own sleep at this step, and 0 if the
    extra time is no more than noise.
    """

    before: Request
    after: Request
    asked: float
    extra: float
    own: float = 0.0
    waits: int = 0  # how often Locust called its wait functions, which it does at the end of each task

    @property
    def step(self) -> tuple[str, str]:
        """The requests before and after the pause."""
        return str(self.before), str(self.after)

    @property
    def seconds(self) -> float:
        """The think time: what Locust's wait functions asked for, plus the submission's own sleep."""
        return self.asked + (self.extra if self.own else 0.0)

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s between {self.before} and {self.after}"


def pauses(run: Run) -> list[Pause]:
    """Return each pause of each visitor; a pause that the end of the run cut off is left out.

    Raises:
        Failed: users went on before they had slept what the record says, so the submission's process forged the record.
    """
    found: list[Pause] = []
    all_gaps = all_slept = 0.0
    waits = defaultdict(list)
    for wait in run.record.waits:
        waits[wait.visitor].append(wait)
    for visitor, requests in run.journal.visits().items():
        starts = [request.start for request in requests]
        asked, slept, count = [0.0] * len(requests), [0.0] * len(requests), [0] * len(requests)
        for wait in waits[visitor]:
            # The answer may reach the user before the target notes its end, so the request's start decides.
            position = bisect_right(starts, wait.start) - 1
            if position >= 0:
                asked[position] += wait.asked
                slept[position] += wait.actual
                count[position] += 1
        all_gaps += sum(after.start - before.end for before, after in pairwise(requests))
        all_slept += sum(slept[:-1])
        found += [
            Pause(before, after, asked[i], after.start - before.end - slept[i], waits=count[i])
            for i, (before, after) in enumerate(pairwise(requests))
        ]
    if all_gaps < TRUE_SHARE * all_slept:
        raise Failed(
            f"users paused {all_gaps:.1f} s in all, less than it says in the record that they slept: {all_slept:.1f} s",
            "think times that pass",
            "give the user class a wait_time, and let Locust alone write down what it does",
        )
    extras: dict[tuple[str, str], list[float]] = {}
    for pause in found:
        extras.setdefault(pause.step, []).append(pause.extra)
    own = {step: _own_sleep(each) for step, each in extras.items()}
    return [replace(pause, own=own[pause.step]) for pause in found]


def outside(run: Run, found: Sequence[Pause], low: float, high: float) -> list[Pause]:
    """Return the pauses of a run outside `low` to `high` seconds: the short ones or, if there are none, the long ones.

    Raises:
        Inconclusive: what users asked of Locust is right, and a busy machine may have added the rest.
    """
    short = [pause for pause in found if pause.seconds < low - TOLERANCE]
    long = [pause for pause in found if pause.asked + pause.own > high + (TOLERANCE if pause.own else 0)]
    late = [pause for pause in found if pause.seconds > high + 2 * TOLERANCE]
    wrong = short or long or (late if len(late) > MOST_LATE * len(found) else [])
    if wrong and all(low - TOLERANCE <= pause.asked <= high for pause in found) and (busy := strain(run)):
        raise Inconclusive(f"users seemed to pause for longer than they asked for, and {busy}; try again")
    return wrong


def are_all_the_same(found: Sequence[Pause]) -> bool:
    """Tell whether these pauses are all equally long, so that they were not drawn at random.

    If 21 times are drawn from only two values, all are the same in 1 of 10^6 runs; with more values, in far fewer.
    Recorded times are exact. Own sleeps are measured: if 21 are drawn between 1.9 and 2.1 s, their middle half lies as
    close together as SAME_SLEEP in 2 of 10^8 runs.
    """
    if len(found) < ENOUGH:
        return False
    if any(pause.own for pause in found):
        first, _, third = quantiles((pause.seconds for pause in found), n=4)
        return third - first < SAME_SLEEP
    asked = [pause.asked for pause in found]
    return max(asked) - min(asked) < SAME_WAIT


def _own_sleep(extras: Iterable[float]) -> float:
    """Return the lower quartile of the extra times of one step, or 0 if it is no more than noise."""
    ordered = sorted(extras)
    quartile = quantiles(ordered, n=4)[0] if len(ordered) > 1 else ordered[0]
    return quartile if quartile > OWN_SLEEP else 0.0
