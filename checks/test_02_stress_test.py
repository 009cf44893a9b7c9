"""Stage 02: 200 users without think time, and the capacity of the mystery shop."""

import pytest

from checks.judging.stress.concurrency import require_all_at_once
from checks.judging.stress.control import forbid_sleep
from checks.judging.stress.runs import PAIR, StressTest
from checks.judging.stress.stops import GOES_ON, stop_in
from checks.judging.visitors import overlapping
from checks.lab import Failed, Lab, amount, aside, blamed, forbid_errors, require_requests
from checks.lab.submission.findings import read_findings
from checks.lab.verdict.figures import require_figures
from checks.lab.verdict.strain import standstill
from petshop_app import mystery

USERS = 200
NOTHING = 0.001  # seconds: a shorter think time counts as none
SAME_NAME = "did you start the shop with --mystery and this very name? Its numbers follow from the name. If you did: "
TOLERANCE, WHOLE_USERS = 0.15, 2.0  # of the true value; nobody raises the number of users in finer steps than two


@pytest.fixture(scope="module")
def trial(lab: Lab) -> StressTest:
    """The submission's two runs."""
    return StressTest(lab, USERS)


@pytest.mark.criterion(points=1)
def test_loads(trial: StressTest) -> None:
    """Locust loads the file, and its users send every request to the pet shop."""
    require_requests(trial.crowd)


@pytest.mark.criterion(points=3, after="loads")
def test_users(trial: StressTest) -> None:
    """200 users are held: each is one visitor of the shop, and all have a request on its way at the same time."""
    require_all_at_once(trial)
    run = trial.crowd
    visitors, shared = len(run.journal.visits()), len(overlapping(run))
    if visitors != USERS or shared:
        seen = f"{USERS} users looked like {amount(visitors, 'visitor')}"
        seen += f", {shared} of them with two requests at once" if shared else ""
        advice = "send every request through self.client: each user has its own, which keeps the user's cookies"
        raise Failed(seen + aside(run), f"{USERS} visitors, one for each user", advice)


@pytest.mark.criterion(points=1, after="users")
def test_goes_on(trial: StressTest) -> None:
    """No user stops before the test ends."""
    if stop := stop_in(trial):
        after = amount(len(stop.requests), "request")
        raise blamed(
            stop.run,
            f"{stop.count} of {stop.users} users stopped, such as one after {after}",
            GOES_ON,
            "wait_time, where there is one, is a function such as constant(0), and no task may end its user or "
            "the test",
            stop.requests[-1],
        )


@pytest.mark.criterion(points=2, after="goes_on")
def test_no_pause(trial: StressTest) -> None:
    """No time passes between a user's answer and its next request."""
    expected = "the next request follows at once"
    recorded = (*trial.pair.run.record.waits, *trial.crowd.record.waits)
    waits = [wait.asked for wait in recorded if wait.asked > NOTHING]
    if waits:
        often = amount(len(waits), "time")
        raise Failed(
            f"users wait after a task, {often} in these runs: {min(waits):.3g} to {max(waits):.3g} s",
            expected,
            "wait_time = constant(0), or none, in each user class; pacing (constant_pacing, constant_throughput) "
            "waits after quick answers",
        )
    forbid_sleep(trial, expected)


@pytest.mark.criterion(points=1, after="goes_on")
def test_report(trial: StressTest) -> None:
    """Locust's own report, from which throughput is read, shows every request and no failure."""
    run, shown = trial.pair
    forbid_errors(trial.crowd)
    forbid_errors(run)
    figures = require_figures(run, standstill)  # most users wait for their answers on purpose
    counted = {count.request for count in run.record.counted}
    lacking = sum(request.id not in counted for request in shown)
    if lacking > PAIR or figures.requests > len(run.journal) + USERS:  # at the end each user may have one in flight
        reported = len(shown) - lacking if lacking > PAIR else figures.requests
        raise Failed(
            f"the shop saw {len(shown)} requests, Locust reports {reported}",
            "the same requests in both",
            "send them through self.client; with catch_response=True it takes a with block",
        )
    for failure in figures.failures:
        raise Failed(
            f"{failure.method} {failure.name} counts as failed {amount(failure.count, 'time')}: {failure.message}",
            "no failure, as long as the shop is not overloaded",
            "what the shop answered says what it misses; mark an answer as a failure only where it is one",
        )


@pytest.mark.criterion(points=2)
def test_findings(lab: Lab) -> None:
    """findings.toml tells what the mystery shop can do, 15 % more or less."""
    found = read_findings(lab.submission)
    try:
        limits = mystery.limits(found.name)
    except ValueError as error:
        raise Failed(f"findings.toml has name = {found.name!r:.60}", "the name behind --mystery", str(error)) from None
    shop = f"the shop of {found.name!r}"
    ratio = found.max_throughput_rps / limits.throughput_rps
    if abs(ratio - 1) > TOLERANCE + 1e-9:
        raise Failed(
            f"max_throughput_rps = {found.max_throughput_rps:g} is too {'high' if ratio > 1 else 'low'} for {shop}",
            f"the RPS of all requests together, at most {TOLERANCE:.0%} off, once more users bring no more",
            f"{SAME_NAME}measure with 50 and with 100 users, a minute each, a fresh shop each time: both show the same "
            "RPS in Aggregated (each of the two rows has half of it), and Locust shows no CPU warning",
        )
    off = found.users_at_saturation - limits.seats
    if abs(off) > max(WHOLE_USERS, TOLERANCE * limits.seats) + 1e-9:
        raise Failed(
            f"users_at_saturation = {found.users_at_saturation:g} is too {'high' if off > 0 else 'low'} for {shop}",
            f"the fewest users with whom RPS is at its highest, at most {TOLERANCE:.0%} or 2 users off",
            f"{SAME_NAME}Little's law tells: max_throughput_rps times the response time, in seconds, of a single user",
        )
