"""The sharing of ids: what a master and its workers are held to, whatever the ids stand for."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from checks.judging.complaints import failed_handlers, unheard
from checks.judging.distribution import (
    ALONE,
    FEWER,
    FREE_AFTER,
    GIVEN_BACK,
    NOTICE,
    ROOM,
    SAYS_SO,
    Group,
    Loss,
    Said,
    Wait,
    newcomers,
    says_that_master_is_missing,
)
from checks.judging.holdings import (
    Holding,
    forbid_crowds,
    forbid_foreign_things,
    forbid_second_holder,
    lacking_questions,
    lacking_users,
)
from checks.lab.locust.swarm import Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Journal
from checks.lab.verdict.diagnosis import aside, forbid_errors, require_requests
from checks.lab.verdict.strain import strain

LISTED = 8
NOT_TWICE = "no id has two users while another one is free"
TO_BEGIN = 5.0  # seconds: a process needs a part of them until it reads the file
READING = ("GET", "HEAD", "OPTIONS")
NO_ID = (
    "a user that waits for an id waits for ever where a message is lost: register both messages in an init listener, "
    "and let the worker ask; what a master sends at worker_connect arrives too early, and while a handler waits its "
    "process hears nothing"
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
    silent = f"{group.size} users on two workers sent no request at all"
    for name, log in group.logs.items():
        for fault in failed_handlers(log)[:1]:
            raise Failed(f"{silent}; {name}: {fault.place}{fault.error}", expected, _why_handler_failed(fault.error))
    for name, log in group.logs.items():
        for message in unheard(log)[:1]:
            raise Failed(
                f'{silent}; Locust says in {name}: "{message.line}"',
                expected,
                f"register a function for {message.message} in that process, in an init listener; a name has to be "
                "spelt alike where it is registered and where it is sent",
            )
    if group.was_disturbed:
        raise Failed(
            f"{silent}; the master did not hear its workers and took them for lost, though they were alive",
            expected,
            "while a handler waits (sleep, get, wait, a request) its process hears no message: let it answer at once",
        )
    if group.whole.record.errors:
        fault = group.whole.record.errors[0]
        raise Failed(f"no user sent a request; {fault.place}{fault.error}", expected, "mend that line")
    raise Failed(silent, expected, NO_ID)


def _why_handler_failed(error: str) -> str:
    """Return what to do about an exception that ended a handler."""
    if "TypeError" in error and "argument" in error:
        return (
            "Locust names what it passes: def on_ask(environment, msg, **kwargs) takes a message, "
            "def on_init(environment, **kwargs) an event"
        )
    return "mend that line; print msg.data first to see what comes"


def require_master_alone_reads(group: Group) -> None:
    """Return where no worker opened the data file, and each user asked about an id of the master's."""
    words = group.questions
    expected = "the master alone reads the data file; the users ask about the ids that its messages bring"
    advice = (
        "read the file in an init listener, where the runner is no WorkerRunner: "
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
    held.require_none(lacks, _whole(group))


def _whole(group: Group) -> Run:
    """Return what all did together, with the time that the slowest process took to import Locust."""
    times = [run.importing for run in group.runs.values() if run.importing < math.inf]
    return replace(group.whole, importing=max(times, default=math.inf))


def require_own_things(loss: Loss) -> None:
    """Return where each user kept to one id and to what belongs to it, and no task and no handler made an error."""
    group = loss.group
    held = group.held(loss.before, group.size)
    forbid_crowds(held, group.whole)
    forbid_second_holder(held)
    held.require_none(lacking_questions(held, things=1, details=1), _whole(group))
    forbid_foreign_things(held)
    for run in group.workers.values():
        forbid_errors(run)
    for name, log in group.logs.items():
        for fault in failed_handlers(log)[:1]:
            raise Failed(
                f"{name}: {fault.place}{fault.error}",
                "no task and no handler ends in an error",
                ("" if name == "master" else "without client_id=msg.node_id each worker gets an answer, asked or not; ")
                + _why_handler_failed(fault.error),
            )


def forbid_writing(group: Group) -> None:
    """Return where the API was asked, and nothing was written into it that others might read."""
    for request in group.whole.journal:
        if request.method not in READING:
            raise Failed(
                f"a user sent {request}",
                "users that ask, and change nothing: the master's messages bring the ids",
                "keep no notes in what you test; send them to the master, with send_message",
            )


def require_no_double_use(loss: Loss) -> None:
    """Return where as many users as ids each had an id for itself, also after some had stopped and others started."""
    group = loss.group
    if twice := _doubled(group, group.held(loss.before, group.size).users):
        advice = (
            "one id for each user: take the next one for each, and ask the master for more when there are none left"
        )
        if len(twice.workers) > 1:
            advice = (
                "the master has to know who holds what, and to give each worker ids of its own: no more than it has "
            )
            advice += "users for"
        raise Failed(f"{group.size} users on {len(group.rows)} ids: {twice}", NOT_TWICE, advice)
    change = loss.change
    if not change:
        raise Inconclusive("the users had not all shown what they do when time was up; try again")
    others = group.size - FEWER
    seen = f"{others} of {group.size} users stopped, and {GIVEN_BACK:.0f} s later {others} others started"
    advice = "give the id back when its user stops: on_stop sends it to the master, which notes that it is free"
    held = group.held(newcomers(change.journal, change.fewer_at), others)
    count = sum(bool(user.things) for user in held.users)
    lacks = (
        replace(lack, seen=f"{seen}: {count} of these got an id", expected="an id for each user", advice=advice)
        for lack in lacking_users(held)
    )
    held.require_none(lacks, _whole(group))
    users = group.held(change.journal, group.size).users
    if twice := _doubled(group, [user for user in users if user.end > change.more_at]):
        raise Failed(f"{seen}: {twice}", NOT_TWICE, advice)


@dataclass(frozen=True)
class Doubled:
    """Users of one id, while others are free, and the workers that they run on."""

    holder: str
    users: int
    workers: Sequence[str]
    free: Sequence[str]

    def __str__(self) -> str:
        whose = f"both on {self.workers[0]}" if len(self.workers) == 1 else f"on {_listed(self.workers)}"
        return f"{self.users} users hold {self.holder} {whose}, and nobody holds {_some(self.free)}"


def _doubled(group: Group, users: Iterable[Holding]) -> Doubled | None:
    """Return the first id that has several of these users."""
    visitors: dict[str, set[str]] = {}
    for user in users:
        for asked in user.things[:1]:
            visitors.setdefault(user.holder, set()).add(asked.request.visitor)
    id = next((id for id, own in visitors.items() if len(own) > 1), None)
    if id is None:
        return None
    return Doubled(
        holder=f"{group.questions.holder} {id}",
        users=len(visitors[id]),
        workers=[name for name, run in group.workers.items() if visitors[id] & {r.visitor for r in run.journal}],
        free=[row for row in group.rows if row not in visitors],
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
        raise _why_not_missed(loss, expected)
    survivors = _ids(_users(group, group.runs[loss.survivor], since=loss.lost_at))
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


def _why_not_missed(loss: Loss, expected: str) -> Exception:
    """Return why no worker came in place of one that was killed."""
    group = loss.group
    if group.whole.out_of_time and strain(_whole(group)):
        return Inconclusive("time was up before the master had missed a worker; the machine is too busy: try again")
    if not loss.victim:
        return Failed(
            f"some users stopped and others started; then not all of the {group.size} went on, so no worker was killed",
            f"users that go on; {expected}",
            "let no task wait for long or end its user: each user asks again and again until the test ends",
        )
    return Failed(
        f"{loss.victim} was killed, and the master had not missed it after "
        + ("what was left of the time" if group.whole.out_of_time else f"{NOTICE:.0f} s"),
        expected,
        "leave heartbeats as they are: with them Locust misses a worker after some seconds; and while a handler waits, "
        "the master hears and sees nothing",
    )


def require_message(wait: Wait, loss: Loss) -> None:
    """Return where the worker without a master said so in time, in a line that workers with a master do not print."""
    expected = f"within {SAYS_SO:.0f} s a line that names the master and says that it is missing, while it is missing"
    said = _for_want_of_a_master(wait, loss)
    if any(each.after <= SAYS_SO + ROOM for each in said):
        return
    if said:
        raise Failed(
            f"{wait.early} had no master, and said so {said[0].after:.0f} s after it had begun: {said[0].line}",
            expected,
            "wait for a shorter time before you look whether init has come",
        )
    if wait.said:
        raise Failed(
            f"{wait.early} had no master and printed: {wait.said[0].line}; so did all workers that had one",
            expected,
            "wait some seconds, then look whether init has come, and print the line only if it has not: a flag that an "
            "init listener sets tells",
        )
    last = next((line for line in reversed(wait.printed.splitlines()) if line.strip()), "")
    raise Failed(
        f"{wait.early} had no master for {wait.alone:.0f} s; "
        + (f"the last that it printed: {last.strip()}" if last else "it printed nothing"),
        expected,
        "Locust says it after 30 s, and no init listener runs before the master is there: let a greenlet that starts "
        "with the file, gevent.spawn(...), look whether init has come",
    )


def _for_want_of_a_master(wait: Wait, loss: Loss) -> list[Said]:
    """Return what the worker said that others do not say too, though they had a master from the start.

    On a busy machine one of these may wait for its master's answer, but not all. A file that says something in any
    case, and each time in other words, says as many different things with a master as without.
    """
    others = [
        (group, name)
        for group in (wait.group, loss.group)
        for name, run in group.workers.items()
        if run.record.users and not (group is wait.group and name == wait.early)
    ]
    if others and len(wait.said) <= min(len(says_that_master_is_missing(g.first_words[name])) for g, name in others):
        return []
    heard = [(group.ages[name], says_that_master_is_missing(group.logs[name])) for group, name in others]

    def is_for_all(said: Said) -> bool:
        witnesses = [kinds for age, kinds in heard if age > said.after + TO_BEGIN]  # others ended too early to say it
        return bool(witnesses) and all(said.kind in kinds for kinds in witnesses)

    return [each for each in wait.said if not is_for_all(each)]


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
        if group.whole.out_of_time and strain(_whole(group)):
            raise Inconclusive(f"{sent} in {group.whole.seconds:.0f} s; the machine is too busy: try again")
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
    held.require_none(lacks, _whole(group))
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


def _users(group: Group, run: Run, since: float = 0.0) -> list[Holding]:
    """Return the users of a process that have asked for things, and have sent a request after a moment."""
    return [user for user in group.held(run.journal, 0).users if user.things and user.end > since]


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
