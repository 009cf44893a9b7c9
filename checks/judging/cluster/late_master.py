"""The late master: a worker that starts before its master says so, and runs its users when the master has come."""

from checks.judging.cluster.announcements import Announcement, announcements
from checks.judging.cluster.ids import require_master_alone_reads
from checks.judging.cluster.model import ALONE, ROOM, SAYS_SO, Failover, LateMaster
from checks.lab.locust.run import Ending
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.verdict.diagnosis import aside
from checks.lab.verdict.strain import strain

TO_BEGIN = 5.0  # seconds: a process may need some of them before it reads the file


def require_announcement(late: LateMaster, failover: Failover) -> None:
    """Require that the worker without a master said so in time, in a line that workers with a master do not print."""
    expected = f"within {SAYS_SO:.0f} s a line that names the master and says that it is missing, while it is missing"
    said = _for_want_of_a_master(late, failover)
    if any(each.after <= SAYS_SO + ROOM for each in said):
        return
    if said:
        raise Failed(
            f"{late.early} had no master, and said so {said[0].after:.0f} s after it had begun: {said[0].line}",
            expected,
            "wait for a shorter time before you look whether init has come",
        )
    if late.said:
        raise Failed(
            f"{late.early} had no master and printed: {late.said[0].line}; so did all workers that had one",
            expected,
            "wait some seconds, then look whether init has come, and print the line only if it has not: a flag that an "
            "init listener sets tells",
        )
    last = next((line for line in reversed(late.printed.splitlines()) if line.strip()), "")
    raise Failed(
        f"{late.early} had no master for {late.alone:.0f} s; "
        + (f"the last that it printed: {last.strip()}" if last else "it printed nothing"),
        expected,
        "Locust says it after 30 s, and no init listener runs before the master is there: let a greenlet that starts "
        "with the file, gevent.spawn(...), look whether init has come",
    )


def _for_want_of_a_master(late: LateMaster, failover: Failover) -> list[Announcement]:
    """Return the worker's lines that no other worker prints as well: the others had a master from the start.

    On a busy machine one of the others may wait for its master's answer, but not all of them. A file that always says
    something, in different words each time, says as many different things with a master as without.
    """
    others = [
        (group, name)
        for group in (late.group, failover.group)
        for name, run in group.workers.items()
        if run.record.users and not (group is late.group and name == late.early)
    ]
    if others and len(late.said) <= min(len(announcements(group.first_words[name])) for group, name in others):
        return []
    heard = [(group.ages[name], announcements(group.logs[name])) for group, name in others]

    def is_for_all(said: Announcement) -> bool:
        witnesses = [kinds for age, kinds in heard if age > said.after + TO_BEGIN]  # the rest ended too early to say it
        return bool(witnesses) and all(said.kind in kinds for kinds in witnesses)

    return [each for each in late.said if not is_for_all(each)]


def require_recovery(late: LateMaster) -> None:
    """Require that the worker that came first ran its users as soon as its master was there."""
    group = late.group
    expected = "a worker that waits for its master, and then runs its users"
    if late.gave_up:
        run = group.runs[late.early]
        raise Failed(
            f"{late.early} had no master and ended after {late.alone:.0f} s (status {run.exit_code})",
            expected,
            f"let it wait: Locust calls the master every 5 s by itself, for 5 minutes{aside(run)}",
        )
    if not group.users_of(late.early):
        sent = f"{late.early} waited {max(late.alone, ALONE):.0f} s for its master; then its users sent no request"
        if group.whole.ending is Ending.LIMIT and strain(group.together):
            raise Inconclusive(f"{sent} in {group.whole.seconds:.0f} s; the machine is too busy: try again")
        raise Failed(
            sent + aside(group.whole),
            expected,
            "what a worker asks before the master is there may be lost: ask when a user needs an id, and once more if "
            "no answer comes",
        )
    require_master_alone_reads(group)
