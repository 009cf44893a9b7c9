"""The worker kill: a run of master and two workers from their configuration files, one worker killed half-way."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.judging.cluster.configuration import MASTER, WORKER
from checks.judging.cluster.model import NOTICE
from checks.lab.lab import Lab
from checks.lab.locust.run import Run
from checks.lab.locust.settings import Settings
from checks.lab.locust.swarm import Node, Swarm
from checks.lab.target.journal import Request
from checks.lab.target.peers import Peers
from checks.lab.verdict.strain import strain

COMPRESSION = 10.0  # a think time of 1 to 3 s takes 100 to 300 ms: some 70 requests/s, so that the cores stay free
ROUNDS = 4  # requests of each user before a worker is killed
MORE = 10  # requests of each surviving user after the master has missed the dead worker


@dataclass(frozen=True)
class WorkerKill:
    """What happened to a master and two workers, one of which was killed half-way."""

    users: int
    master: Run
    workers: dict[str, Run]
    ended_early: tuple[str, ...]
    before: tuple[Request, ...]  # until the kill
    is_steady: bool  # all users were seen at work
    victim: str
    lost_at: float | None  # when the master missed the victim
    goes_on: bool  # the other worker's users were seen at work after that
    out_of_time: bool

    @property
    def shares(self) -> dict[str, int]:
        """How many users each worker had run until the kill."""
        seen_before = {request.id for request in self.before}
        return {
            name: len(visits(request for request in run.journal if request.id in seen_before))
            for name, run in self.workers.items()
        }

    @property
    def is_strained(self) -> bool:
        """Whether the machine was too busy for master and workers."""
        return bool(strain(self.master, *self.workers.values()))


def kill_a_worker(lab: Lab, confs: Mapping[str, Settings]) -> WorkerKill:
    """Return one run from both files; when every user is at work, a worker is killed."""
    users = lab.rng.randint(10, 16)
    with (
        lab.petshop(peers=Peers()) as shop,
        lab.distributed(shop, users=users, compression=COMPRESSION) as swarm,
    ):
        rate = lab.rng.randint(users // 2, users)
        master = swarm.start_master(_arguments(lab, confs, MASTER), spawn_rate=rate, workers=2)
        workers = [swarm.start_worker(_arguments(lab, confs, WORKER)) for _ in range(2)]
        victim, survivor = lab.rng.sample(workers, 2)
        is_steady = _get_to_work(swarm, [master, *workers])
        before, lost_at, goes_on = tuple(swarm.target.journal), None, False
        if is_steady:
            swarm.until(lambda: len({report.worker for report in master.record.reports if report.requests}), 2)
            before = tuple(swarm.target.journal)
            lost_at = _kill(swarm, victim, master)
            goes_on = lost_at is not None and _goes_on(swarm, survivor, lost_at)
        swarm.end()
        return WorkerKill(
            users=users,
            master=master.run(),
            workers={node.name: node.run() for node in workers},
            ended_early=tuple(node.name for node in (master, *workers) if node.ended_early),
            before=before,
            is_steady=is_steady,
            victim=victim.name,
            lost_at=lost_at,
            goes_on=goes_on,
            out_of_time=swarm.out_of_time,
        )


def visits(requests: Iterable[Request]) -> dict[str, list[Request]]:
    """Return each user's requests. A visitor with a single request is no user: a test may prepare itself with one."""
    found: dict[str, list[Request]] = {}
    for request in sorted(requests, key=lambda request: request.start):
        found.setdefault(request.visitor, []).append(request)
    return {visitor: own for visitor, own in found.items() if len(own) > 1}


def _arguments(lab: Lab, confs: Mapping[str, Settings], name: str) -> list[str]:
    """Return what a learner would type: the file, and the locustfile if it has another name."""
    named = confs[name].options["locustfile"] != "locustfile.py"
    return ["--config", name, *([] if named else ["-f", lab.submission.locustfile])]


def _get_to_work(swarm: Swarm, nodes: Iterable[Node]) -> bool:
    """Wait until each user has sent some requests; tell whether all have."""
    swarm.until(lambda: sum(bool(node.record.users) for node in nodes), 3)

    def sent() -> int:
        return sum(min(len(own), ROUNDS) for own in visits(swarm.target.journal).values())

    return swarm.until(sent, ROUNDS * swarm.users)


def _kill(swarm: Swarm, victim: Node, master: Node) -> float | None:
    """Kill a worker; return when its master missed it, None if the master did not."""
    swarm.kill(victim)
    if swarm.until(lambda: len(master.record.losses), 1, patience=NOTICE):
        return master.record.losses[0].time
    return None


def _goes_on(swarm: Swarm, survivor: Node, since: float) -> bool:
    """Wait until each user of the surviving worker has sent some more requests; tell whether all have."""
    users = visits(request for request in survivor.journal if request.start < since)

    def later() -> int:
        sent = Counter(request.visitor for request in survivor.journal if request.start > since)
        return sum(min(sent[visitor], MORE) for visitor in users)

    return swarm.until(later, MORE * len(users))
