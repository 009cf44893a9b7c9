"""The figures: whether Locust's report at the end holds what Locust has counted, request by request.

A verdict on single answers rests on Locust's request events. A reader of the report sees the statistics, and a
submission can empty or change these, or prevent Locust from making them.
"""

from collections import Counter
from collections.abc import Callable

from checks.lab.locust.record import Figures
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed, Inconclusive, amount
from checks.lab.verdict.strain import strain

KILLED = (-9, 137)  # the status of a process that was killed because it did not end in time; shells report 137
MOST_COUNTED = 10_000  # requests that a Locust process records one by one
UNTOUCHED = "leave Locust's statistics as they are: nothing may clear, change or replace them"


def require_reported(run: Run) -> None:
    """Require that Locust's report holds each request that Locust has counted, and each failure, and no others."""
    if difference := _difference(require_figures(run), run):
        raise Failed(difference, "a report that holds what Locust has counted", UNTOUCHED)


def is_reported(run: Run) -> bool:
    """Tell whether there is a report, and whether it holds what Locust has counted."""
    return run.record.figures is not None and not _difference(run.record.figures, run)


def require_figures(run: Run, strained: Callable[[Run], str] = strain) -> Figures:
    """Return Locust's figures; `strained` tells whether the machine was too busy for Locust to make them.

    Raises:
        Failed: the submission left none.
        Inconclusive: the grader ended Locust before it had the time that a busy machine takes.
    """
    if run.record.figures is not None:
        return run.record.figures
    if run.exit_code in KILLED and strained(run):
        raise Inconclusive("the machine was too busy for Locust to come to its end: try again")
    raise Failed(
        f"Locust ended with status {run.exit_code} and left no report",
        "a run that ends when Locust ends it, with its report",
        "let nothing in the file end the process, or keep it from ending",
    )


def _difference(figures: Figures, run: Run) -> str:
    """Return how the report differs from the counted requests; empty if it does not."""
    requests, failures, table = Counter[str](), Counter[str](), Counter[str]()
    for row in figures.rows:
        requests[row.name] += row.requests
        failures[row.name] += row.failures
    for failure in figures.failures:
        table[failure.name] += failure.count
    counted = Counter(count.name for count in run.record.counted)
    failed = Counter(count.name for count in run.record.counted if count.failure is not None)
    if not any(_differ(shown, due, run) for shown, due in ((requests, counted), (failures, failed), (table, failed))):
        return ""
    told = f"Locust's report shows {_told(requests, failures)}; {_told(counted, failed)} were counted"
    if table.total() != failures.total():
        told += f"; its table of failures has {table.total()}"
    name = next((name for name in counted if (requests[name], failures[name]) != (counted[name], failed[name])), None)
    return told if name is None else f"{told}, {counted[name]} and {failed[name]} of them in the row {name}"


def _told(requests: Counter[str], failures: Counter[str]) -> str:
    return f"{amount(requests.total(), 'request')} and {amount(failures.total(), 'failure')}"


def _differ(shown: Counter[str], counted: Counter[str], run: Run) -> bool:
    """Tell whether more differs than one request of each user, which may be in flight at the end.

    At most a tenth of the counted requests may differ like that. The report includes requests without an answer, which
    are not counted one by one.
    """
    is_all_known = not run.record.lost and len(run.record.counted) < MOST_COUNTED
    room = {name: min(run.users, count // 10) for name, count in counted.items()}
    too_few = any(shown[name] < count - room[name] for name, count in counted.items())
    return too_few or (is_all_known and shown.total() > counted.total() + run.users)
