"""The strain: whether the machine was too busy for a verdict, told by what no submission decides.

A submission that sleeps, or works for long, lets time run out as a busy machine does. So time that ran out proves
nothing. How long Locust's own import took, before the submission was read, and how long the target took for its
answers is the machine's doing.
"""

import math

from checks.lab.journal import Journal
from checks.lab.swarm import Run

LONG_IMPORT = 4.0  # seconds: half a second to two is what it takes, three at once on two cores
LONG_ANSWER, TENTH = 1.0, 0.1  # seconds for so large a part of the answers; 0.2 s where each connection is looked up


def is_strained(*runs: Run) -> bool:
    """Tell whether the machine was too busy during one of these runs."""
    return any(LONG_IMPORT < run.importing < math.inf or _answers_slowly(run.journal) for run in runs)


def _answers_slowly(journal: Journal) -> bool:
    """Tell whether the target was slow by itself. What a script answers may be slow on purpose."""
    times = [request.end - request.start for request in journal if not request.answer]
    return sum(seconds > LONG_ANSWER for seconds in times) > TENTH * len(times)
