"""How much time exam mode's cell adds to the start of a process, compared with practice mode's.

    python benchmarks/cells.py [--runs 20]

Starts Python that does nothing, and Python that imports Locust, in cells of both modes in turn, and prints the medians
of the time from the call to the process's end, and of its CPU time, which a busy machine doesn't change. Ends with
status 1 if the cell adds more than 50 ms. Exam mode has to be available here (python -m checks.lab.exam --probe).
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from checks.lab.cell.bubblewrap import BubblewrapCell
from checks.lab.cell.practice import Cell
from checks.lab.cell.private import enter

WORK = {"Python that does nothing": "pass", "Python that imports Locust": "import locust.main"}
MOST = 50.0  # milliseconds that the cell may add


@dataclass(frozen=True)
class Cost:
    """Milliseconds: from start to end of a process, of its CPU time, and for making and removing the cell around it."""

    start: float
    cpu: float
    cell: float


def cost(make: Callable[[], Cell], code: str) -> Cost:
    """Return what a process that runs `code` in a fresh cell costs."""
    made = time.perf_counter()
    with make() as cell, (cell.root / "said").open("wb") as output:
        began, used = time.perf_counter(), cpu_seconds()
        status = cell.start(["-c", code], output, cell.root / "told").wait()
        start, cpu = time.perf_counter() - began, cpu_seconds() - used
        assert status == 0, (cell.root / "said").read_text()
    return Cost(1000 * start, 1000 * cpu, 1000 * (time.perf_counter() - made - start))


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def middle(costs: list[Cost]) -> Cost:
    """Return the medians."""
    return Cost(*map(median, zip(*map(astuple, costs), strict=True)))


def main() -> int:
    """Print a table; return 1 if the cell adds more than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=20, help="of each kind (20)")
    runs = parser.parse_args().runs
    enter()
    worst = 0.0
    print(f"{f'milliseconds, medians of {runs}':30}{'practice':>10}{'exam':>10}{'added':>10}")
    for name, code in WORK.items():
        pairs = [(cost(Cell, code), cost(BubblewrapCell, code)) for _ in range(runs)]
        plain, drawn = (middle([pair[mode] for pair in pairs]) for mode in (0, 1))
        lines = (name, "  CPU time", "  the cell itself")
        for what, before, after in zip(lines, astuple(plain), astuple(drawn), strict=True):
            print(f"{what:30}{before:10.1f}{after:10.1f}{after - before:10.1f}")
        worst = max(worst, drawn.start - plain.start)
    return 1 if worst > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
