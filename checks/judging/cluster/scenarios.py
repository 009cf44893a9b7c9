"""The scenarios: a master reads the data file and gives its ids to workers, and then something goes wrong.

Two scenarios run side by side when a criterion first asks for one of them. In one, users stop and others start, then a
worker is killed and another takes its place; in the other, a worker is there before its master. The master's folder
holds a fresh data file, and each worker's folder one of the same shape with rows that no API knows, which shows which
process reads which file.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import PurePath
from typing import TypeVar

from checks.judging.cluster.model import ALONE, FEWER, FREE_AFTER, Failover, LateMaster
from checks.judging.cluster.processes import Cluster
from checks.judging.data.dataset import Api, Dataset, Row
from checks.judging.data.model import Missing, Observation
from checks.judging.data.progress import missing_work
from checks.lab.lab import Lab
from checks.lab.locust.swarm import Swarm
from checks.lab.target.peers import Peers

COMPRESSION = 20.0  # a think time of 1 to 3 s takes 50 to 150 ms: some 100 requests/s, so that the cores stay free
LIMIT = 150.0  # seconds for one scenario
# Users of each worker, while there are as many ids as users. A prime, so that a submission that gives each worker a
# block of 10, 20 or 100 ids can't pass by coincidence, as it could with four users on each worker.
HALF = 7
Result = TypeVar("Result", Failover, LateMaster)


class ClusterScenarios:
    """The two scenarios of one submission."""

    def __init__(self, lab: Lab, api: Api) -> None:
        self._lab, self._api = lab, api
        self._swarms: list[Swarm] = []
        lab.evidence.holder = api.questions.asked_holder

    @cached_property
    def loss(self) -> Failover:
        """As many users as ids on two workers: users stop and start, a worker is killed and another one is started."""
        failover, lab = self._both[0]
        self._lab.evidence.add(lab.evidence)
        return failover

    @cached_property
    def wait(self) -> LateMaster:
        """A worker alone, then its master and a second worker; the two have more users than there are ids."""
        late, lab = self._both[1]
        self._lab.evidence.add(lab.evidence)
        return late

    @cached_property
    def _both(self) -> tuple[tuple[Failover, Lab], tuple[LateMaster, Lab]]:
        """Both scenarios with the labs in which they ran, side by side: most of the time they wait."""
        here, there = self._lab.beside(), self._lab.beside()
        with ThreadPoolExecutor(2) as both:
            failover, late = (
                both.submit(_undisturbed, self._lose_a_worker, here),
                both.submit(_undisturbed, self._start_the_master_late, there),
            )
            try:
                return (failover.result(), here), (late.result(), there)
            except BaseException:
                for swarm in self._swarms:
                    swarm.give_up()
                raise

    def _lose_a_worker(self, lab: Lab) -> Failover:
        size = 2 * HALF  # an even number, so that Locust moves no user when one worker replaces another
        with self._cluster(lab, rows=size, users=size) as cluster:
            master = cluster.start_master()
            pair = [cluster.start_worker(), cluster.start_worker()]
            is_steady = cluster.settle(size, lambda: cluster.journal, _missing)
            before = cluster.journal.copy()
            if not is_steady:
                return Failover(cluster.end(), before)
            change = cluster.replace_users(master, FEWER)
            held = cluster.ids_by_worker(pair, size, change.more_at)
            if len(set(chain(*held.values()))) < size:
                return Failover(cluster.end(), before, change)
            first = str(cluster.dataset.rows[0].id)
            victim, survivor = sorted(pair, key=lambda node: first in held[node.name])
            lost_at = cluster.kill(victim)
            if lost_at is None:
                return Failover(cluster.end(), before, change, victim.name, survivor.name)
            cluster.pass_time(lost_at, FREE_AFTER)
            heir = cluster.start_worker()
            cluster.settle(size // 2, lambda: heir.journal)
            return Failover(cluster.end(), before, change, victim.name, survivor.name, lost_at, heir.name)

    def _start_the_master_late(self, lab: Lab) -> LateMaster:
        half = lab.rng.randint(5, 7)
        rows = half + 2 - half % 2  # even again, and more than the users of one worker can take
        with self._cluster(lab, rows=rows, users=2 * half) as cluster:
            early = cluster.start_worker()
            said = cluster.listen(early)
            cluster.pass_time(early.started, ALONE)
            printed, alone, gave_up = early.log, time.monotonic() - early.started, early.process.poll() is not None
            if not gave_up:
                cluster.start_master()
                cluster.start_worker()
                cluster.settle(2 * half, lambda: cluster.journal)
            return LateMaster(cluster.end(), early.name, said, printed, alone, gave_up)

    @contextmanager
    def _cluster(self, lab: Lab, rows: int, users: int) -> Iterator[Cluster]:
        """Yield the processes of a scenario, none of them started yet, with a data set of their own."""
        rng, submission, data = lab.rng, lab.submission, self._api.data
        dataset = Dataset.drawn(rng, rows, users, data.names)
        others = sorted(set(range(10, 10_000)) - dataset.things.keys())
        decoys = [Row(id, rng.choice(data.names)) for id in rng.sample(others, rows)]
        files, away = (each.files(submission, data) for each in (dataset, replace(dataset, rows=decoys)))
        with (
            self._api.serve(lab, dataset, peers=Peers()) as target,
            lab.distributed(target, users=users, compression=COMPRESSION, files=files, away=away, limit=LIMIT) as swarm,
        ):
            self._swarms.append(swarm)
            ids = frozenset(str(row.id) for row in decoys)
            names = frozenset(PurePath(name).name for name in files)
            yield Cluster(swarm, submission.locustfile, self._api.questions, dataset, ids, names)


def _missing(observed: Observation) -> Iterator[Missing]:
    return missing_work(observed, things=1, details=1)


def _undisturbed(run: Callable[[Lab], Result], lab: Lab) -> Result:
    """Return a scenario's result; it runs again if the master missed a worker that was alive.

    A machine that stands still for seconds disturbs one attempt. A submission whose master can't hear its workers
    disturbs both.
    """
    result = run(lab)
    return run(lab) if result.group.was_disturbed else result
