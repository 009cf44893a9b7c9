"""The failover: when a worker is killed, its ids are free again soon, and go to the users of another worker."""

from collections.abc import Iterable

from checks.judging.cluster.ids import require_users, some
from checks.judging.cluster.model import FREE_AFTER, NOTICE, Failover
from checks.judging.data.model import User
from checks.lab.locust.run import Ending
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.verdict.strain import strain


def require_reclaimed(failover: Failover) -> None:
    """Require that the ids of the killed worker went to the users of the worker that took its place."""
    group, words = failover.group, failover.group.questions
    killed = f"{failover.victim} was killed"
    expected = f"{FREE_AFTER:.0f} s after the master has missed a worker, its ids go to users who come"
    if group.ended_early:
        raise Failed(
            f"{killed}; then {' and '.join(group.ended_early)} ended too",
            expected,
            "let nothing in the file quit or stop the test when a worker goes missing",
        )
    if failover.lost_at is None or failover.heir is None:
        raise _why_not_missed(failover, expected)
    survivors = {user.holder for user in group.users_of(failover.survivor, since=failover.lost_at)}
    users = group.users_of(failover.heir)
    ids = list(dict.fromkeys(user.holder for user in users))
    freed = [id for id in group.rows if id not in survivors]
    if shared := [id for id in ids if id in survivors]:
        raise Failed(
            f"{killed}, and {failover.heir} started {FREE_AFTER:.0f} s after the master had missed it: its users got "
            f"{words.holder} {some(shared)}, which {failover.survivor} still uses; {some(freed)} were free",
            expected,
            "note on the master which worker holds which ids; give them back when the worker is gone from "
            "runner.clients or its state is missing",
        )
    require_users(group, group.runs[failover.heir].journal, group.size // 2)
    if twice := _held_at_once(users):
        raise Failed(
            f"{killed}; of the users of {failover.heir} several hold {words.holder} {some(twice)}, "
            f"while nobody holds {some([id for id in freed if id not in ids])}",
            expected,
            "give back each id of the worker that is gone, not only some",
        )


def _why_not_missed(failover: Failover, expected: str) -> Exception:
    """Return the reason why no worker replaced the killed one."""
    group = failover.group
    if group.whole.ending is Ending.LIMIT and strain(group.together):
        return Inconclusive("time was up before the master had missed a worker; the machine is too busy: try again")
    if not failover.victim:
        return Failed(
            f"some users stopped and others started; then not all of the {group.size} went on, so no worker was killed",
            f"users that go on; {expected}",
            "let no task wait for long or end its user: each user asks again and again until the test ends",
        )
    return Failed(
        f"{failover.victim} was killed, and the master had not missed it after "
        + ("what was left of the time" if group.whole.ending is Ending.LIMIT else f"{NOTICE:.0f} s"),
        expected,
        "leave heartbeats as they are: with them Locust misses a worker after some seconds; and while a handler waits, "
        "the master hears and sees nothing",
    )


def _held_at_once(users: Iterable[User]) -> list[str]:
    """Return the ids that a second user asked about before the first had its last answer.

    Locust may stop a user and start another one while it moves users to a worker that has just joined.
    """
    until: dict[str, float] = {}
    twice = []
    for user in sorted(users, key=lambda user: user.begin):
        if user.begin < until.get(user.holder, 0.0):
            twice.append(user.holder)
        until[user.holder] = max(user.end, until.get(user.holder, 0.0))
    return list(dict.fromkeys(twice))
