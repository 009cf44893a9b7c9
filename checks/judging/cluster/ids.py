"""The ids: the master alone reads them from its file, and gives none to a second user while another id is free."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from checks.judging.cluster.log import failed_handlers
from checks.judging.cluster.model import FEWER, GIVEN_BACK, ClusterRun, Failover, newcomers
from checks.judging.cluster.start import NO_ID, why_handler_failed
from checks.judging.data.model import User
from checks.judging.data.progress import missing_questions, missing_users
from checks.judging.data.rules import forbid_foreign_things, forbid_second_holder, forbid_shared_clients
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Journal
from checks.lab.verdict.diagnosis import forbid_errors

LISTED = 8
NOT_TWICE = "no id has two users while another one is free"
READING = ("GET", "HEAD", "OPTIONS")


def require_master_alone_reads(group: ClusterRun) -> None:
    """Require that no worker opened the data file, and each user asked about an id of the master's."""
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
    for user in group.observed(group.whole.journal, group.size).users:
        if user.holder in group.decoys:
            seen = f"user {user.number} asked about {words.holder} {user.holder}, who is in the workers' file alone"
            raise Failed(seen, expected, advice)
        if user.holder and user.holder not in group.rows:
            raise Failed(
                f"user {user.number} asked about {words.holder} {user.holder}, who is in no row of the master's file",
                expected,
                "take the ids from the file that lies beside the master's locustfile, as csv or json reads them",
            )


def require_users(group: ClusterRun, journal: Journal, size: int) -> None:
    """Require that `size` users have each asked for the things of an id."""
    observed = group.observed(journal, size)
    missing = (replace(one, expected="an id for each user", advice=NO_ID) for one in missing_users(observed))
    observed.require_complete(missing, group.together)


def require_own_things(failover: Failover) -> None:
    """Require that each user kept to one id and to its things, and that no task and no handler ended in an error."""
    group = failover.group
    observed = group.observed(failover.before, group.size)
    forbid_shared_clients(observed, group.whole)
    forbid_second_holder(observed)
    observed.require_complete(missing_questions(observed, things=1, details=1), group.together)
    forbid_foreign_things(observed)
    for run in group.workers.values():
        forbid_errors(run)
    for name, log in group.logs.items():
        for fault in failed_handlers(log)[:1]:
            raise Failed(
                f"{name}: {fault.place}{fault.error}",
                "no task and no handler ends in an error",
                ("" if name == "master" else "without client_id=msg.node_id each worker gets an answer, asked or not; ")
                + why_handler_failed(fault.error),
            )


def forbid_writing(group: ClusterRun) -> None:
    """Require that users only read from the API: a worker could read what another one writes there."""
    for request in group.whole.journal:
        if request.method not in READING:
            raise Failed(
                f"a user sent {request}",
                "users that ask, and change nothing: the master's messages bring the ids",
                "keep no notes in what you test; send them to the master, with send_message",
            )


# --- an id for each user


def require_no_double_use(failover: Failover) -> None:
    """Require that, with as many ids as users, each user had its own id, even after some users were replaced."""
    group = failover.group
    if twice := _double_use(group, group.observed(failover.before, group.size).users):
        advice = (
            "one id for each user: take the next one for each, and ask the master for more when there are none left"
        )
        if len(twice.workers) > 1:
            advice = (
                "the master has to know who holds what, and to give each worker ids of its own: no more than it has "
                "users for"
            )
        raise Failed(f"{group.size} users on {len(group.rows)} ids: {twice}", NOT_TWICE, advice)
    _require_ids_given_back(failover)


def _require_ids_given_back(failover: Failover) -> None:
    """Require that each id of a user that had stopped went to one of the users that started later."""
    group, change = failover.group, failover.change
    if not change:
        raise Inconclusive("the users had not all shown what they do when time was up; try again")
    others = group.size - FEWER
    seen = f"{others} of {group.size} users stopped, and {GIVEN_BACK:.0f} s later {others} others started"
    advice = "give the id back when its user stops: on_stop sends it to the master, which notes that it is free"
    observed = group.observed(newcomers(change.journal, change.fewer_at), others)
    count = sum(bool(user.things) for user in observed.users)
    missing = (
        replace(one, seen=f"{seen}: {count} of these got an id", expected="an id for each user", advice=advice)
        for one in missing_users(observed)
    )
    observed.require_complete(missing, group.together)
    users = group.observed(change.journal, group.size).users
    if twice := _double_use(group, [user for user in users if user.end > change.more_at]):
        raise Failed(f"{seen}: {twice}", NOT_TWICE, advice)


@dataclass(frozen=True)
class DoubleUse:
    """An id that several users hold, the workers on which they run, and the ids that are free meanwhile."""

    holder: str
    users: int
    workers: Sequence[str]
    free: Sequence[str]

    def __str__(self) -> str:
        whose = f"both on {self.workers[0]}" if len(self.workers) == 1 else f"on {' and '.join(self.workers)}"
        return f"{self.users} users hold {self.holder} {whose}, and nobody holds {some(self.free)}"


def _double_use(group: ClusterRun, users: Iterable[User]) -> DoubleUse | None:
    """Return the first id that several of these users hold."""
    visitors: dict[str, set[str]] = {}
    for user in users:
        for asked in user.things[:1]:
            visitors.setdefault(user.holder, set()).add(asked.request.visitor)
    id = next((id for id, own in visitors.items() if len(own) > 1), None)
    if id is None:
        return None
    return DoubleUse(
        holder=f"{group.questions.holder} {id}",
        users=len(visitors[id]),
        workers=[name for name, run in group.workers.items() if visitors[id] & {r.visitor for r in run.journal}],
        free=[row for row in group.rows if row not in visitors],
    )


def require_ids_start_again(group: ClusterRun) -> None:
    """Require that, with more users than ids, each user had an id, each id a user, and several ids more than one."""
    size = f"{group.size} users on {len(group.rows)} ids"
    observed = group.observed(group.whole.journal, group.size)
    count = sum(bool(user.things) for user in observed.users)
    missing = (
        replace(
            one,
            seen=f"{size}: {count} of the users got one",
            expected="an id for each user: when none is free, the ids start again from the first",
            advice="after the last row comes the first one again, also while all of them are held",
        )
        for one in missing_users(observed)
    )
    observed.require_complete(missing, group.together)
    counts = Counter(user.holder for user in observed.users)
    counted = ", ".join(f"{id} ({count} times)" for id, count in counts.most_common(LISTED))
    advice = "let the master choose the id that the fewest users hold"
    if unused := [id for id in group.rows if id not in counts]:
        expected = "no id is shared while another one is free"
        raise Failed(f"{size}: {counted}; nobody holds {some(unused)}", expected, advice)
    if sum(count > 1 for count in counts.values()) == 1:
        expected = "when none is free, the ids start again: the first, then the second, and so on"
        raise Failed(f"{size}: {counted}", expected, advice)


def some(ids: Sequence[str]) -> str:
    """Return the first of these ids, in words."""
    return ", ".join(ids[:LISTED]) + (", ..." if len(ids) > LISTED else "") or "any"
