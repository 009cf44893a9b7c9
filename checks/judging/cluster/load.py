"""The load: whether each worker carries half of the users and reports them, and whether one survives the other."""

from itertools import pairwise

from checks.judging.cluster.configuration import MASTER
from checks.judging.cluster.model import NOTICE
from checks.judging.cluster.start import require_process
from checks.judging.cluster.worker_kill import WorkerKill, visits
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed, Inconclusive, amount
from checks.lab.verdict.diagnosis import aside, blamed, require_requests

PREPARATION = 5  # requests with which a master may prepare or clean up a test: they are no load
LAG = 2.0  # seconds that a report may take from a worker to the master on a busy machine
STOPS_NOTHING = "let nothing in the file quit or stop the test when a worker goes missing"


def require_users_at_work(kill: WorkerKill) -> None:
    """Require that master and workers ran users, and that requests reached the shop."""
    runs = {"master": kill.master, **kill.workers}
    for name, run in runs.items():
        ended = name in kill.ended_early and not run.record.users
        if run.broken or run.record.crash or ended:
            require_process(name, run)
    if kill.before:
        return
    for name, run in runs.items():
        if run.record.errors or run.record.strays:
            require_process(name, run)
    if kill.ended_early and kill.master.record.users:
        raise Failed(
            f"{' and '.join(kill.ended_early)} ended before any user had sent a request",
            "processes that run until the master ends them",
            "look for quit() or exit() in an event listener: the file runs in the master and in each worker alike",
        )
    require_requests(kill.master)


# --- which processes carry it


def require_halves(kill: WorkerKill, *, rebalances: bool) -> None:
    """Require that each worker ran half of the users until the kill, and the master none.

    If the master `rebalances`, the users of the killed worker start again on the other one.
    """
    expected = f"{kill.users} users, half of them on each worker, none on the master"
    if len(kill.master.journal) > PREPARATION:
        raise Failed(
            f"the master sent {amount(len(kill.master.journal), 'request')} by itself",
            expected,
            "what an event listener does happens in the master too: ask isinstance(environment.runner, MasterRunner)",
        )
    for name in kill.ended_early if not kill.is_steady else ():
        raise Failed(f"{name} ended by itself", expected, "let nothing in the file end its process, such as quit()")
    _forbid_strangers(kill, expected)
    told = " and ".join(f"{name} ran {share}" for name, share in kill.shares.items())
    seen = f"{kill.users} users were asked for; {told}"
    if kill.out_of_time and not kill.is_steady and kill.is_strained:
        raise Inconclusive(f"{seen}, in {kill.master.seconds:.0f} s; the machine is too busy: try again")
    _forbid_other_shares(kill, seen, expected)
    if not rebalances:
        _forbid_later_users(kill, seen, expected)
    if not kill.is_steady:
        raise _why_not_steady(kill, seen)


def _forbid_strangers(kill: WorkerKill, expected: str) -> None:
    """Require that each user runs on a worker."""
    total = len(visits(kill.before))
    if strangers := total - sum(kill.shares.values()):
        # The grader looks up a connection's process before it answers, while the user still waits on that connection.
        raise Failed(
            f"{strangers} of {total} users belong to no process that was started, or don't wait for their answers",
            expected,
            "send every request through self.client, in the process that Locust runs the user in",
        )


def _forbid_other_shares(kill: WorkerKill, seen: str, expected: str) -> None:
    """Require that all users came, and that the workers' shares differ by one user at most."""
    shares, shape = kill.shares, kill.master.record.shape
    least = min(shares, key=shares.__getitem__)
    if shares[least] == 0:
        sent = amount(sum(len(run.journal) for run in kill.workers.values()), "request")
        raise Failed(
            f"{seen}: {least} sent nothing while the other sent {sent}{aside(kill.workers[least])}",
            expected,
            "the same file runs on each worker: look for what it does only on one, such as worker_index or a lock file",
        )
    if sum(shares.values()) != kill.users or max(shares.values()) - shares[least] > 1:
        raise Failed(
            seen + aside(kill.workers[least]),
            expected,
            f"{shape} decides on the number of users, whatever {MASTER} says: take it out"
            if shape
            else "let Locust start the users, each with its own self.client; no task may end its user",
        )


def _forbid_later_users(kill: WorkerKill, seen: str, expected: str) -> None:
    """Require that no further users came after the kill."""
    later = sum(len(visits(run.journal)) for run in kill.workers.values())
    if later > sum(kill.shares.values()):
        raise Failed(
            f"{seen}; in the end there had been {later}",
            expected,
            f"{kill.master.record.shape or 'something in the file'} goes on to start users, whatever {MASTER} says: "
            "take it out",
        )


def _why_not_steady(kill: WorkerKill, seen: str) -> Failed:
    """Return the failure that names the user that did not go on until the kill."""
    own = min(visits(kill.before).values(), key=len)
    return blamed(
        next((run for run in kill.workers.values() if run.record.errors), kill.master),
        f"{seen}, but a user "
        + ("came to no more than" if kill.out_of_time else "stopped after")
        + f" {amount(len(own), 'request')} in {kill.master.seconds:.0f} s",
        "users that go on until the test ends",
        "wait_time is a function such as between(1, 3), and no task may end its user",
        own[-1],
    )


# --- what the master knows of it


def require_all_reported(kill: WorkerKill) -> None:
    """Require that the workers reported their users' requests, and that the master's figures hold them."""
    figures, sure = kill.master.record.figures, 0
    expected = "every request of both workers in the master's figures"
    for name, run in kill.workers.items():
        reports = [report for report in kill.master.record.reports if report.worker == run.record.worker]
        told = sum(report.requests for report in reports)
        own = _surely_told(run, max((report.time for report in reports), default=0))
        sure += own
        # Each user may have one more request in flight, but a reported request has certainly been sent.
        if not told or told < own - kill.users or told > len(run.journal) + kill.users:
            raise Failed(
                f"{name} sent {amount(len(run.journal), 'request')} and reported {told} of them to the master",
                expected,
                "send them through self.client, with catch_response in a with block; leave what report_to_master sends",
            )
    if figures and figures.requests < sure - kill.users:
        raise Failed(
            f"the workers reported {sure} requests, the master's figures hold {figures.requests}",
            expected,
            "leave the master's stats as they are: nothing may clear or reset them",
        )


def _surely_told(run: Run, last_report: float) -> int:
    """Return how many requests a worker had counted when it sent its last report.

    A user sends its next request when Locust has counted the one before.
    """
    return sum(after.start < last_report - LAG for own in run.journal.visits().values() for _, after in pairwise(own))


# --- what goes on without a worker


def require_survival(kill: WorkerKill) -> None:
    """Require that the other worker's users and the master went on after the kill, and ended when told to."""
    killed = f"{kill.victim} was killed half-way"
    expected = "the other worker's users go on, and the master ends when it is told to, with its figures"
    if kill.ended_early:
        raise Failed(f"{killed}; then {' and '.join(kill.ended_early)} ended too", expected, STOPS_NOTHING)
    if kill.out_of_time and not kill.goes_on and kill.is_strained:
        raise Inconclusive(f"{killed}, and time was up soon; the machine is too busy: try again")
    if kill.lost_at is None:
        left = "what was left of the time" if kill.out_of_time else f"{NOTICE:.0f} s"
        seen = f"{killed}, and the master had not noticed after {left}"
        raise Failed(seen, expected, "leave heartbeats as they are: with them Locust notices after some seconds")
    if not kill.goes_on:
        (other,) = (run for name, run in kill.workers.items() if name != kill.victim)
        later = amount(sum(request.start > kill.lost_at for request in other.journal), "request")
        end = "until time was up" if kill.out_of_time else "then nothing more"
        raise Failed(
            f"{killed}; the other's users sent {later} after the master had missed it, {end}",
            expected,
            "let no task sleep or work for long: wait_time is what users wait by"
            if kill.out_of_time
            else STOPS_NOTHING,
        )
    if kill.master.record.figures is None:
        seen = f"{killed}; in the end the master left no figures (status {kill.master.exit_code})"
        raise Failed(seen, expected, "let nothing in the file end the process, or keep it from ending")
