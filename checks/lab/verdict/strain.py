"""The strain: whether the machine was too busy for a verdict, told by what no submission decides.

A submission that sleeps, or works for long, lets time run out as a busy machine does. So time that ran out proves
nothing. How long Locust's own import took, before the submission was read, and how long the target took for its
answers is the machine's doing.
"""

import math

from checks.lab.locust.run import Run
from checks.lab.target.journal import Journal

LONG_IMPORT = 4.0  # seconds: half a second to two is what it takes, three at once on two cores
STANDSTILL = 5.0  # seconds that the grader itself was kept waiting in one go
LONG_ANSWER, TENTH = 1.0, 0.1  # seconds for so large a part of the answers; 0.2 s where each connection is looked up


def strain(*runs: Run) -> str:
    """Return what shows that the machine was too busy during one of these runs; empty where nothing does."""
    return next(filter(None, map(_strain, runs)), "")


def _strain(run: Run) -> str:
    return standstill(run) or ("the answers themselves were late" if _answers_slowly(run.journal) else "")


def standstill(run: Run) -> str:
    """Return what shows a busy machine whatever the answers took; empty where nothing does."""
    if LONG_IMPORT < run.importing < math.inf:
        return f"it took {run.importing:.0f} s to load Locust itself"
    return f"the machine stood still for {run.standstill:.0f} s" if run.standstill > STANDSTILL else ""


def _answers_slowly(journal: Journal) -> bool:
    """Tell whether the target was slow, leaving aside what a script lets it answer slowly on purpose."""
    times = [request.end - request.start for request in journal if not request.answer]
    return sum(seconds > LONG_ANSWER for seconds in times) > TENTH * len(times)
