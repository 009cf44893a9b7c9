"""The processes of a scenario: a master and its workers, started, watched and killed while the scenario runs."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from checks.judging.cluster.announcements import Announcement, announcements
from checks.judging.cluster.log import failed_handlers
from checks.judging.cluster.model import GIVEN_BACK, NOTICE, ROOM, SAYS_SO, ClusterRun, Turnover, newcomers
from checks.judging.data.dataset import Dataset, observation
from checks.judging.data.model import FindMissing, Observation, Questions
from checks.judging.data.progress import missing_users
from checks.lab.locust.record import Fault, Record
from checks.lab.locust.run import Ending, Run
from checks.lab.locust.swarm import Node, Swarm
from checks.lab.target.journal import Journal
from checks.lab.verdict.diagnosis import uncaught

AT_ONCE = 0.5  # seconds: the file may print an earlier line in any case, with or without a master
SETTLED = 10**9


class Cluster:
    """The master and the workers of one scenario; `decoys` are the ids in the workers' own data files."""

    def __init__(
        self,
        swarm: Swarm,
        locustfile: str,
        questions: Questions,
        dataset: Dataset,
        decoys: frozenset[str],
        files: frozenset[str],
    ) -> None:
        self.swarm, self.dataset, self.questions = swarm, dataset, questions
        self._locustfile, self._decoys, self._files = locustfile, decoys, files
        self._nodes: list[Node] = []
        self._fell_silent = False
        self._killed: dict[Node, float] = {}

    @property
    def journal(self) -> Journal:
        """All that the target has seen so far."""
        return self.swarm.target.journal

    def start_master(self) -> Node:
        """Start the master, which starts all users at once when two workers have come; return when it is ready."""
        arguments = ["--master", "-f", self._locustfile]
        self._nodes.append(self.swarm.start_master(arguments, spawn_rate=self.swarm.users, workers=2))
        master = self._nodes[-1]
        self.swarm.until(lambda: len(master.record.users), 1)
        return master

    def start_worker(self) -> Node:
        """Start one more worker."""
        self._nodes.append(self.swarm.start_worker(["--worker", "-f", self._locustfile]))
        return self._nodes[-1]

    def settle(self, size: int, seen: Callable[[], Journal], missing: FindMissing = missing_users) -> bool:
        """Wait until `size` users have shown what they do in the journal `seen`; tell whether nothing is missing."""

        def observed() -> Observation:
            return observation(self.dataset, self.questions, seen(), size)

        def progress() -> int:
            now = observed()
            return SETTLED if now.is_settled(missing(now)) else len(now.journal)

        if not self.swarm.until(progress, SETTLED):
            self._fell_silent = not self.swarm.out_of_time
        return not any(missing(observed()))

    def ids_by_worker(self, workers: Sequence[Node], size: int, since: float) -> dict[str, list[str]]:
        """Wait until users have asked about `size` ids since a moment; return the ids that each worker's users hold."""

        def held() -> dict[str, list[str]]:
            return {node.name: self._ids_of(node, since) for node in workers}

        self.swarm.until(lambda: len(set(chain(*held().values()))), size)
        return held()

    def _ids_of(self, node: Node, since: float) -> list[str]:
        users = observation(self.dataset, self.questions, node.journal, 0).users
        return [user.holder for user in users if user.things and user.end > since]

    def replace_users(self, master: Node, fewer: int) -> Turnover:
        """Stop all users but `fewer`; as soon as their ids have to be free, start as many others."""
        fewer_at = time.monotonic()
        master.go_on_with(fewer)
        self.swarm.until(lambda: int(10 * silence(self.journal, fewer)), int(10 * GIVEN_BACK))
        more_at = time.monotonic()
        master.go_on_with(self.swarm.users)
        self.settle(self.swarm.users - fewer, lambda: newcomers(self.journal, fewer_at))
        return Turnover(fewer_at, more_at, self.journal.copy())

    def kill(self, node: Node) -> float | None:
        """Kill a worker; return when its master missed it, None if the master did not."""
        self._killed[node] = time.monotonic()
        self.swarm.kill(node)
        (master, *_), worker = (node for node in self._nodes if node.name == "master"), node.record.worker
        self.swarm.until(lambda: sum(loss.worker == worker for loss in master.record.losses), 1, patience=NOTICE)
        return next((loss.time for loss in master.record.losses if loss.worker == worker), None)

    def listen(self, node: Node) -> tuple[Announcement, ...]:
        """Wait until a worker has said that its master is missing, and return in which words, and when.

        A worker may print a line at once even if it has a master. So this waits for more lines until time is up.
        """
        said: dict[str, Announcement] = {}
        began = math.inf

        def heard() -> int:
            nonlocal began
            now = time.monotonic()
            began = min(began, now) if node.has_started else began
            for kind, line in announcements(node.log).items():
                said.setdefault(kind, Announcement(kind, line, max(0.0, now - began)))
            return sum(each.after > AT_ONCE for each in said.values())

        if not self.swarm.until(heard, 1, patience=SAYS_SO + ROOM):
            heard()  # what it printed last, if it has ended
        return tuple(said.values())

    def pass_time(self, since: float, seconds: float) -> None:
        """Wait until `seconds` have passed since a moment, or a process ends."""
        self.swarm.until(lambda: int(time.monotonic() - since), math.ceil(seconds))

    def end(self) -> ClusterRun:
        """End all processes and return what they did."""
        logs = {node.name: node.log for node in self._nodes}
        ages = {node.name: self._killed.get(node, time.monotonic()) - node.started for node in self._nodes}
        self.swarm.end()
        runs = {node.name: node.run() for node in self._nodes}
        killed = {node.record.worker for node in self._killed}
        losses = [loss for run in runs.values() for loss in run.record.losses]
        return ClusterRun(
            world=self.dataset,
            decoys=self._decoys,
            files=self._files,
            questions=self.questions,
            size=self.swarm.users,
            runs=runs,
            logs=logs,
            ages=ages,
            first_words={name: _cut(log, runs[name].record.printed) for name, log in logs.items()},
            whole=self._whole(runs, logs),
            ended_early=tuple(node.name for node in self._nodes if node.ended_early),
            was_disturbed=any(loss.worker not in killed for loss in losses),
        )

    def _whole(self, runs: Mapping[str, Run], logs: Mapping[str, str]) -> Run:
        """Return one run of all processes."""
        return Run(
            users=self.swarm.users,
            journal=self.journal.copy(),
            record=Record(errors=tuple(fault for name, run in runs.items() for fault in _errors(run, logs[name]))),
            log="",
            exit_code=0,
            seconds=max(run.seconds for run in runs.values()),
            ending=self._ending,
        )

    @property
    def _ending(self) -> Ending:
        if self.swarm.out_of_time:
            return Ending.LIMIT
        if any(node.ended_early for node in self._nodes):
            return Ending.EXIT
        return Ending.SILENCE if self._fell_silent else Ending.DONE


def silence(journal: Journal, going_on: int) -> float:
    """Return for how many seconds all users but the `going_on` most recent senders have been silent."""
    last: dict[str, float] = {}
    for request in journal:
        last[request.visitor] = max(request.end, last.get(request.visitor, 0.0))
    others = sorted(last.values(), reverse=True)[going_on:]
    return time.monotonic() - others[0] if others else 0.0


def _cut(log: str, size: int) -> str:
    """Return the first bytes of a log."""
    return log.encode()[:size].decode(errors="replace")


def _errors(run: Run, log: str) -> tuple[Fault, ...]:
    """Return what went wrong in a process; a greenlet that was killed from outside names an innocent line."""
    found = (*run.record.errors, *failed_handlers(log), *uncaught(log))
    return tuple(fault for fault in found if "GreenletExit" not in fault.error)
