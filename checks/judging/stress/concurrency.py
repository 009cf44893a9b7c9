"""Concurrency: whether all users have a request in flight at the same time, and, if not, what prevents it."""

import re

from checks.judging.stress.control import OTHERS, busy
from checks.judging.stress.runs import StressTest, came_late
from checks.judging.stress.stops import early_end
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.middleware.gates import GivenUp
from checks.lab.verdict.diagnosis import aside

WAITING = "look for what makes users wait for each other: a lock, a semaphore, a queue, a shared connection pool"


def require_all_at_once(trial: StressTest) -> None:
    """Require that all users waited at the gate together, as long as none had stopped.

    Raises:
        Failed: something in the file prevents it.
        Inconclusive: the machine may be too busy.
    """
    run, gave_up = trial.crowd, trial.gate.gave_up
    if gave_up and (not trial.gate.passed or _wait_for_each_other(run, gave_up)):
        raise _too_few(trial, gave_up)


def _wait_for_each_other(run: Run, gave_up: GivenUp) -> bool:
    """Tell whether some users waited at the gate and the others came only after the gate had let these through.

    False if Locust has ended: some of its last requests may still be on their way to the gate.
    """
    return bool(gave_up.waiting) and came_late(run.journal, gave_up) and not run.ended_early


def _too_few(trial: StressTest, gave_up: GivenUp) -> Exception:
    """Return the verdict that says why some users had no request in flight."""
    run, users = trial.crowd, trial.users
    started = max((int(number) for number in re.findall(r"\((\d+) total users\)", run.log)), default=0)
    seen = "then no more" if trial.gate.passed else "no more"
    seen += f" than {gave_up.waiting} had a request on its way at the same time{aside(run)}"
    expected = f"{users} at once, one from each of the {users} users that Locust is asked for"
    if started < users and (failure := _overridden(run, users, seen, expected)):
        return failure
    if run.ended_early:
        return early_end(run)
    if started >= users:
        return Failed(f"{started} users were started, but {seen}", expected, WAITING)
    held, control = trial.crowd_again
    if reason := "they did so when they were watched once more" if held else busy(control):
        return Inconclusive(f"of {users} users {seen}, and {reason}; try again")
    return Failed(
        f"of {users} users {seen}, and {OTHERS} were not held up beside them",
        expected,
        f"{WAITING}; or for what takes long before a user's first request, in its __init__ or on_start",
    )


def _overridden(run: Run, users: int, seen: str, expected: str) -> Failed | None:
    """Return the failure of a file that decides itself how many users there are; None if it doesn't.

    What Locust's log says about the number of users decides the words here, but not the verdict.
    """
    if run.record.shape:
        advice = f"a LoadTestShape overrides -u and -r: let it reach {users} users at 50 users/s and stay, or delete it"
        return Failed(f"the shape {run.record.shape} decides how many users there are, and {seen}", expected, advice)
    if fixed := next((user.name for user in run.record.users if user.fixed_count), ""):
        advice = f"delete fixed_count from class {fixed}: it overrides -u"
        return Failed(f"class {fixed} has a fixed_count, and {seen}", expected, advice)
    return None
