"""The sharing of ids: what a master and its workers are held to, whatever the ids stand for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from checks.lab.diagnosis import aside, require_requests
from checks.lab.distribution import ALONE, FREE_AFTER, Group, Loss, Wait
from checks.lab.holdings import (
    Holding,
    forbid_crowds,
    forbid_errors,
    forbid_foreign_things,
    forbid_second_holder,
    lacking_questions,
    lacking_users,
)
from checks.lab.journal import Journal
from checks.lab.swarm import Run
from checks.lab.verdict import Failed, Inconclusive

LISTED = 8
NO_ID = (
    "a user that waits for an id waits for ever where a message is lost: register both messages in an init listener, "
    "and let the worker ask; what a master sends at worker_connect arrives too early"
)


def require_loaded(group: Group) -> None:
    """Return where master and workers have loaded the locustfile, and requests reached the target."""
    for name, run in group.runs.items():
        if run.record.crash or run.broken or "No User class found!" in run.log:
            try:
                require_requests(run)
            except Failed as error:
                raise Failed(f"{name}: {error.seen}", error.expected, error.advice) from None
    if group.whole.journal:
        return
    expected = "users on both workers, who send requests"
    if group.ended_early and group.master.record.users:
        raise Failed(
            f"{_listed(group.ended_early)} ended before any user had sent a request{aside(group.whole)}",
            expected,
            "look for quit() or exit(): the file runs in the master and in each worker alike",
        )
    if not group.master.record.users or group.whole.out_of_time:
        require_requests(group.master)
    if group.whole.record.errors:
        fault = group.whole.record.errors[0]
        raise Failed(f"no user sent a request; {fault.place}{fault.error}", expected, "mend that line")
    raise Failed(f"{group.size} users on two workers sent no request at all", expected, NO_ID)


def require_master_alone_reads(group: Group) -> None:
    """Return where no worker opened the data file, and each user asked about an id of the master's."""
    words = group.questions
    expected = "the master alone reads the data file; the users ask about the ids that its messages bring"
    advice = (
        "read the file in an init listener, where isinstance(environment.runner, MasterRunner): "
        "the top level of the file runs in each process"
    )
    for name, run in group.workers.items():
        for opened in run.record.opened:
            if opened.path in group.files:
                raise Failed(f"{name}: {opened.place}opens {opened.path}", expected, advice)
    users = group.held(group.whole.journal, group.size).users
    for user in users:
        if user.holder in group.decoys:
            seen = f"user {user.number} asked about {words.holder} {user.holder}, who is in the workers' file alone"
            raise Failed(seen, expected, advice)
        if user.holder and user.holder not in group.rows:
            raise Failed(
                f"user {user.number} asked about {words.holder} {user.holder}, who is in no row of the master's file",
                expected,
                "take the ids from the file that lies beside the master's locustfile, as csv or json reads them",
            )


def require_users(group: Group, journal: Journal, size: int) -> None:
    """Return where each of `size` users has asked for the things of an id."""
    held = group.held(journal, size)
    lacks = (replace(lack, expected="an id for each user", advice=NO_ID) for lack in lacking_users(held))
    held.require_none(lacks, group.whole)


def require_own_things(loss: Loss) -> None:
    """Return where each user kept to one id and to what belongs to it, and made no error."""
    group = loss.group
    held = group.held(loss.before, group.size)
    forbid_crowds(held, group.whole)
    forbid_second_holder(held)
    held.require_none(lacking_questions(held, things=1, details=1), group.whole)
    forbid_foreign_things(held)
    for run in group.workers.values():
        forbid_errors(run)


def require_no_double_use(loss: Loss) -> None:
    """Return where as many users as ids each had an id for itself."""
    group = loss.group
    holder = group.questions.holder
    users = Counter(user.holder for user in group.held(loss.before, group.size).users)
    twice = [id for id, count in users.items() if count > 1]
    if not twice:
        return
    free = [id for id in group.rows if id not in users]
    workers = [name for name, run in group.workers.items() if twice[0] in _ids(_users(group, run, loss.before))]
    whose = f"on {_listed(workers)}" if len(workers) > 1 else f"both on {workers[0]}" if workers else ""
    raise Failed(
        f"{group.size} users on {len(group.rows)} ids: {users[twice[0]]} users hold {holder} {twice[0]} {whose}, "
        f"and nobody holds {_some(free)}",
        "each id once: there are as many ids as users",
        "the master has to know who holds what, and to give each worker ids of its own: no more than it has users for"
        if len(workers) > 1
        else "one id for each user: take the next one for each, and ask the master for more when there are none left",
    )


def require_reclaimed(loss: Loss) -> None:
    """Return where the ids of the killed worker went to the users of the one that took its place."""
    group, words = loss.group, loss.group.questions
    killed = f"{loss.victim} was killed"
    expected = f"{FREE_AFTER:.0f} s after the master has missed a worker, its ids go to users who come"
    if group.ended_early:
        raise Failed(
            f"{killed}; then {_listed(group.ended_early)} ended too",
            expected,
            "let nothing in the file quit or stop the test when a worker goes missing",
        )
    if loss.lost_at is None or loss.heir is None:
        raise Inconclusive(f"{killed}, and the master had not noticed when time was up; try again")
    survivors = _ids(_users(group, group.runs[loss.survivor]))
    users = _users(group, group.runs[loss.heir])
    size = group.size // 2
    freed = [id for id in group.rows if id not in survivors]
    shared = [id for id in _ids(users) if id in survivors]
    if shared:
        raise Failed(
            f"{killed}, and {loss.heir} started {FREE_AFTER:.0f} s after the master had missed it: its users got "
            f"{words.holder} {_some(shared)}, which {loss.survivor} still uses; {_some(freed)} were free",
            expected,
            "note on the master which worker holds which ids; give them back when the worker is gone from "
            "runner.clients or its state is missing",
        )
    require_users(group, group.runs[loss.heir].journal, size)
    if twice := _held_at_once(users):
        raise Failed(
            f"{killed}; of the users of {loss.heir} several hold {words.holder} {_some(twice)}, "
            f"while nobody holds {_some([id for id in freed if id not in _ids(users)])}",
            expected,
            "give back each id of the worker that is gone, not only some",
        )


def require_message(wait: Wait) -> None:
    """Return where the worker without a master said so."""
    if wait.said:
        return
    last = next((line for line in reversed(wait.printed.splitlines()) if line.strip()), "")
    raise Failed(
        f"{wait.early} had no master for {wait.alone:.0f} s; "
        + (f"the last that it printed: {last.strip()}" if last else "it printed nothing"),
        "within 10 s a line that names the master and says that it is missing",
        "Locust says it after 30 s, and no init listener runs before the master is there: let a greenlet that starts "
        "with the file, gevent.spawn(...), look whether init has come",
    )


def require_recovery(wait: Wait) -> None:
    """Return where the worker that came first ran its users as soon as its master was there."""
    group = wait.group
    expected = "a worker that waits for its master, and then runs its users"
    if wait.gave_up:
        run = group.runs[wait.early]
        raise Failed(
            f"{wait.early} had no master and ended after {wait.alone:.0f} s (status {run.exit_code})",
            expected,
            f"let it wait: Locust calls the master every 5 s by itself, for 5 minutes{aside(run)}",
        )
    users = _users(group, group.runs[wait.early])
    if not users:
        sent = f"{wait.early} waited {max(wait.alone, ALONE):.0f} s for its master; then its users sent no request"
        if group.whole.out_of_time:
            raise Inconclusive(f"{sent} in {group.whole.seconds:.0f} s; the machine may be too busy: try again")
        raise Failed(
            sent + aside(group.whole),
            expected,
            "what a worker asks before the master is there may be lost: ask when a user needs an id, and once more if "
            "no answer comes",
        )
    require_master_alone_reads(group)


def require_wrap(wait: Wait) -> None:
    """Return where more users than ids all had one, no id was left unused, and more than one was used again."""
    group = wait.group
    size = f"{group.size} users on {len(group.rows)} ids"
    held = group.held(group.whole.journal, group.size)
    ids = _ids(held.users)
    count = sum(bool(user.things) for user in held.users)
    lacks = (
        replace(
            lack,
            seen=f"{size}: {count} of the users got one",
            expected="an id for each user: when none is free, the ids start again from the first",
            advice="after the last row comes the first one again, also while all of them are held",
        )
        for lack in lacking_users(held)
    )
    held.require_none(lacks, group.whole)
    if unused := [id for id in group.rows if id not in ids]:
        raise Failed(
            f"{size}: {_counted(held.users)}; nobody holds {_some(unused)}",
            "no id is shared while another one is free",
            "let the master choose the id that the fewest users hold",
        )
    again = [id for id, count in Counter(user.holder for user in held.users).items() if count > 1]
    if len(again) == 1:
        raise Failed(
            f"{size}: {_counted(held.users)}",
            "when none is free, the ids start again: the first, then the second, and so on",
            "let the master choose the id that the fewest users hold",
        )


def _users(group: Group, run: Run, journal: Journal | None = None) -> list[Holding]:
    """Return the users of a process that have asked for things, as far as the journal goes."""
    seen = {request.id for request in journal} if journal is not None else None
    own = Journal()
    for request in run.journal:
        if seen is None or request.id in seen:
            own.add(request)
    return [user for user in group.held(own, 0).users if user.things]


def _held_at_once(users: Iterable[Holding]) -> list[str]:
    """Return the ids that one user held before another one was through with it.

    Locust may stop a user and start another one while it shares users out to a worker that has just come.
    """
    until: dict[str, float] = {}
    twice = []
    for user in sorted(users, key=lambda user: user.begin):
        if user.begin < until.get(user.holder, 0.0):
            twice.append(user.holder)
        until[user.holder] = max(user.end, until.get(user.holder, 0.0))
    return list(dict.fromkeys(twice))


def _ids(users: Iterable[Holding]) -> list[str]:
    """Return the ids that users hold, each once."""
    return list(dict.fromkeys(user.holder for user in users))


def _counted(users: Iterable[Holding]) -> str:
    counts = Counter(user.holder for user in users)
    return ", ".join(f"{id} ({count} times)" for id, count in counts.most_common(LISTED))


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:LISTED]) + (", ..." if len(ids) > LISTED else "") or "any"


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)
