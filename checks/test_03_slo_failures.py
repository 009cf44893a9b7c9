"""Stage 03: a dashboard that takes more than 3000 ms, or comes with anything but a 200, is reported as a failure.

The shop answers `GET /` by a script in secret order, on both sides of the limit. Each answer has a number and Locust's
count of it names that number, which shows how the submission judged each single answer.
"""

import pytest

from checks.judging.slo import limit as slo
from checks.judging.slo import script as slo_script
from checks.judging.slo.advice import said_late, why_fast_fails, why_slow_passes, why_status_passes
from checks.judging.slo.counting import require_counted
from checks.judging.slo.limit import Response
from checks.judging.slo.messages import (
    forbid_foreign_statuses,
    require_limit_and_time,
    require_own_times,
    require_status,
)
from checks.judging.slo.rounds import forbid_second_opening, require_whole_script
from checks.lab import Failed, Inconclusive, Lab, Run, require_requests
from checks.lab.target.middleware.faults import Answer

CONSTANT = "RESPONSE_TIME_LIMIT_MS"
# How many answers below the limit may fail though nothing shows that they were late: a machine may stop the submission
# between Locust's clock and its own. If some answers are known to be late, as many more may fail.
CHANCE = 1


@pytest.fixture(scope="module")
def answers(lab: Lab) -> list[Answer]:
    """The script of this run."""
    return slo_script.drawn(lab.rng)


@pytest.fixture(scope="module")
def run(lab: Lab, answers: list[Answer]) -> Run:
    """One run against a shop that answers by the script, until the script is through."""
    return slo_script.run_through(lab, answers)


@pytest.fixture
def responses(run: Run) -> list[Response]:
    """Each scripted answer, all of which Locust has counted."""
    return slo.responses_of(run)


@pytest.mark.criterion(points=1)
def test_loads(run: Run) -> None:
    """Locust loads the file, and its users reach the pet shop."""
    require_requests(run)


@pytest.mark.criterion(points=1, after="loads")
def test_rounds(run: Run, answers: list[Answer]) -> None:
    """Each user opens the dashboard (GET /) once in each round, again and again, whatever comes back."""
    forbid_second_opening(run)
    require_whole_script(run, answers)


@pytest.mark.criterion(points=1, after="rounds")
def test_counted(run: Run) -> None:
    """Locust counts each GET / of the users, once."""
    require_counted(run, slo_script.scripted(run.journal))


@pytest.mark.criterion(points=1, after="counted")
def test_fast(lab: Lab, responses: list[Response]) -> None:
    """A 200 in less than 3000 ms is a success."""
    under = [each for each in responses if each.status == 200 and not each.is_over]
    fast = [each for each in under if not each.is_late]
    wrong, late = [each for each in fast if each.failure is not None], len(under) - len(fast)
    if len(wrong) > CHANCE + late:
        raise Failed(
            f"{len(wrong)} of {len(fast)} such answers count as failed: {wrong[0].quoted}",
            f"a 200 is a failure only where it takes more than {slo.LIMIT_MS:.0f} ms",
            why_fast_fails(responses, lab.words),
            wrong[0].request,
        )
    if len(wrong) > CHANCE or sum(each.kind.startswith("under") for each in fast) <= CHANCE:
        raise Inconclusive("the machine is so busy that answers in less than 3 s came after more: try again")


@pytest.mark.criterion(points=2, after="fast")
def test_slow(lab: Lab, run: Run, responses: list[Response]) -> None:
    """A 200 that takes more than 3000 ms is a failure, whether its headers or its body were slow."""
    slow = [each for each in responses if each.status == 200 and each.is_over]
    if missed := [each for each in slow if each.failure is None]:
        raise Failed(
            f"{len(missed)} of {len(slow)} such answers count as successes, such as {missed[0]}" + said_late(run),
            f"a failure for each 200 that takes more than {slo.LIMIT_MS:.0f} ms, until the last of its body is there",
            why_slow_passes(missed, slow, run, lab.words),
            missed[0].request,
        )


@pytest.mark.criterion(points=1, after="slow")
def test_limit(run: Run) -> None:
    """The limit is a module constant in milliseconds: RESPONSE_TIME_LIMIT_MS = 3000.0."""
    value = run.record.constants.get(CONSTANT)
    if value != slo.LIMIT_MS:
        seen = f"no {CONSTANT} at the top level of a module" if value is None else f"{CONSTANT} = {value}"
        raise Failed(seen, f"{CONSTANT} = {slo.LIMIT_MS}", "write that line below the imports, and compare with it")


@pytest.mark.criterion(points=1, after="limit")
def test_slow_message(responses: list[Response]) -> None:
    """The failure of a slow 200 names the limit, 3000, and the measured milliseconds of this answer."""
    slow = [each for each in responses if each.status == 200 and each.is_over]
    for response in slow:
        require_limit_and_time(response, CONSTANT)
    require_own_times(slow, responses)


@pytest.mark.criterion(points=1, after="slow")
def test_status(run: Run, responses: list[Response]) -> None:
    """Anything but a 200 is a failure, a 204 too."""
    others = [each for each in responses if each.status != 200]
    if missed := [each for each in others if each.failure is None]:
        raise Failed(
            f"{len(missed)} of {len(others)} such answers count as successes, such as {missed[0]}" + said_late(run),
            "a failure for each answer whose status is not 200",
            why_status_passes(missed, run),
            missed[0].request,
        )


@pytest.mark.criterion(points=1, after="status")
def test_status_message(responses: list[Response]) -> None:
    """The failure of anything but a 200 names its status code; of a slow one, limit and time will do as well."""
    require_status(responses)
    forbid_foreign_statuses([each for each in responses if each.status != 200])
