"""Stops: users who stop sending while the test goes on, and files that end the test."""

from dataclasses import dataclass

from checks.judging.stress.control import raise_for_too_few
from checks.judging.stress.runs import PAIR, StressTest, came_late
from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Failed
from checks.lab.target.journal import Request
from checks.lab.verdict.diagnosis import blamed, require_requests

GOES_ON = "each user goes on until Locust is told to stop"
OUTLASTED = 50  # answers for each served user, while one of them is silent


@dataclass(frozen=True)
class UsersStopped:
    """How many of the users of a run have stopped, and the requests of one of them."""

    run: Run
    count: int
    users: int
    requests: list[Request]


def stop_in(trial: StressTest) -> UsersStopped | None:
    """Return the users that stopped; None if all went on.

    Raises:
        Failed: the file ended the test.
        Inconclusive: the machine may be too busy.
    """
    return _stop_at_gate(trial) or _stop_of_pair(trial)


def early_end(run: Run) -> Failed:
    """Return the failure of a file that ends the test."""
    return blamed(
        run,
        f"Locust ended by itself within {run.seconds:.0f} s, with status {run.exit_code}",
        GOES_ON,
        "let nothing in the file end the test: no quit(), no exit(), no shape that comes to an end",
    )


def _stop_at_gate(trial: StressTest) -> UsersStopped | None:
    run, gave_up = trial.crowd, trial.gate.gave_up
    if run.ended_early:
        raise early_end(run)
    if gave_up and not came_late(run.journal, gave_up):
        shortest = min(run.journal.visits().values(), key=len)
        return UsersStopped(run, trial.users - gave_up.waiting, trial.users, shortest)
    return None


def _stop_of_pair(trial: StressTest) -> UsersStopped | None:
    run, shown = trial.pair
    if run.ended_early:
        raise early_end(run)
    require_requests(run)
    visits = list(shown.visits().values())
    served = [own for own in visits if len(own) > 1]  # the others are still kept waiting
    if len(served) < PAIR and run.ending is Ending.LIMIT:
        seen = f"{len(run.journal)} requests in {run.seconds:.0f} s"
        raise_for_too_few(trial, seen, "users who go on at once")
    # Both get the same share of the shop, so a user that is silent while each gets 50 answers on average has stopped.
    silent = [own for own in served if sum(request.start > own[-1].end for request in shown) > OUTLASTED * len(served)]
    if run.ending is Ending.SILENCE:
        silent = served or visits
    return UsersStopped(run, len(silent), len(served) or trial.users, silent[0]) if silent else None
