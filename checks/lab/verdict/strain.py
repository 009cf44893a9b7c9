"""The strain: whether the machine was too busy for a verdict, judged by figures that no submission can influence.

A submission that sleeps, or computes for long, makes time run out just as a busy machine does. So a time-out proves
nothing. But only the machine decides how long Locust's own import takes, before the submission is read, and how long
the target takes for its answers.
"""

import math

from checks.lab.locust.run import Run
from checks.lab.target.journal import Journal

LONG_IMPORT = 4.0  # seconds: it takes half a second to two, even for three at once on two cores
STANDSTILL = 5.0  # seconds that the grader itself was kept waiting in one go
LONG_ANSWER, TENTH = 1.0, 0.1  # seconds, for this share of the answers; usual are 0.2 s if connections are looked up


def strain(*runs: Run) -> str:
    """Return the sign that the machine was too busy during one of these runs; empty if there is none."""
    return next(filter(None, map(_strain, runs)), "")


def _strain(run: Run) -> str:
    return standstill(run) or ("the answers themselves were late" if _answers_slowly(run.journal) else "")


def standstill(run: Run) -> str:
    """Return the sign of a busy machine that does not depend on the answers' times; empty if there is none."""
    if LONG_IMPORT < run.importing < math.inf:
        return f"it took {run.importing:.0f} s to load Locust itself"
    return f"the machine stood still for {run.standstill:.0f} s" if run.standstill > STANDSTILL else ""


def _answers_slowly(journal: Journal) -> bool:
    """Tell whether the target was slow, leaving aside what a script lets it answer slowly on purpose."""
    times = [request.end - request.start for request in journal if not request.answer]
    return sum(seconds > LONG_ANSWER for seconds in times) > TENTH * len(times)
