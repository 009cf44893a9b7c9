"""The figures: a report that lacks or hides counted requests fails; one that lacks those cut off at the end passes."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from checks.lab.locust.record import Counted, Failure, Fault, Figures, Record, StatsRow
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Journal
from checks.lab.verdict.figures import MOST_COUNTED, is_reported, require_figures, require_reported
from tests.lab.witness import run_of

USERS = 4


def counted(name: str, requests: int, failures: int = 0) -> list[Counted]:
    return [Counted(number, 1.0, "no" if number < failures else None, (), name) for number in range(requests)]


def figures(**rows: tuple[int, int]) -> Figures:
    """Return a report with rows of these numbers of requests and failures."""
    return Figures(
        1,
        tuple(StatsRow("GET", name, requests, failures) for name, (requests, failures) in rows.items()),
        tuple(Failure("GET", name, "no", failures) for name, (_, failures) in rows.items() if failures),
    )


def run(shown: Figures | None, *counts: Counted, **more: Any) -> Run:
    return replace(run_of(Journal()), users=USERS, record=Record(counted=counts, figures=shown, **more))


ALL = [*counted("a", 60, 20), *counted("b", 40)]


@pytest.mark.parametrize(
    "shown",
    [
        figures(a=(60, 20), b=(40, 0)),
        figures(a=(56, 18), b=(36, 0)),
        figures(a=(60, 20), b=(40, 0), c=(4, 0)),
    ],
)
def test_a_report_may_differ_by_what_is_in_flight_at_the_end(shown: Figures) -> None:
    require_reported(run(shown, *ALL))
    assert is_reported(run(shown, *ALL))


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (figures(), "shows 0 requests and 0 failures; 100 requests and 20 failures were counted"),
        (figures(a=(55, 20), b=(40, 0)), "shows 95 requests and 20 failures"),
        (figures(a=(60, 17), b=(40, 0)), "shows 100 requests and 17 failures"),
        (figures(a=(60, 0), b=(40, 20)), "60 and 20 of them in the row a"),
        (figures(a=(60, 20), b=(45, 0)), "shows 105 requests"),
        (replace(figures(a=(60, 20), b=(40, 0)), failures=()), "its table of failures has 0"),
    ],
)
def test_a_report_that_hides_something_is_told(shown: Figures, says: str) -> None:
    with pytest.raises(Failed, match=says):
        require_reported(run(shown, *ALL))
    assert not is_reported(run(shown, *ALL))


def test_a_report_may_hold_what_got_no_answer() -> None:
    require_reported(run(figures(a=(90, 40), b=(40, 0)), *ALL, lost=(Fault("a.py", 1),)))


def test_a_report_may_hold_what_was_no_longer_written_down() -> None:
    many = counted("a", MOST_COUNTED)
    require_reported(run(figures(a=(2 * MOST_COUNTED, 0)), *many))
    assert Counter(one.name for one in many)["a"] == MOST_COUNTED


@pytest.mark.parametrize(
    ("status", "importing", "kind"),
    [(0, 1.0, Failed), (0, 5.0, Failed), (-9, 1.0, Failed), (-9, 5.0, Inconclusive), (137, 5.0, Inconclusive)],
)
def test_no_report_is_a_failure_but_where_the_grader_ended_locust_on_a_busy_machine(
    status: int, importing: float, kind: type[Exception]
) -> None:
    ended = replace(run(None), exit_code=status, importing=importing)
    assert not is_reported(ended)
    with pytest.raises(kind):
        require_figures(ended)
