"""The swarm: a submission's locustfile in several real Locust processes, a master and its workers."""

import contextlib
import math
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from checks.lab.cell.practice import Cell
from checks.lab.cell.private import is_inside
from checks.lab.locust.record import Record
from checks.lab.locust.run import (
    ENTRY,
    LIMIT,
    PATIENCE,
    STOP_TIMEOUT,
    TICK,
    Ending,
    Run,
    Sightings,
    can_start,
    end,
    printed,
)
from checks.lab.target.journal import Journal
from checks.lab.target.server import Incident, Target

MOST_LOSSES = 20  # of workers, for the report: a record can be forged
_taken: set[int] = set()  # the ports of swarms that run side by side: a master may not be listening on its port yet
_taking = threading.Lock()
MASTER_PORT = 5557  # Locust's default, so that a grading in a network of its own looks like real life
FREE = (20_000, 32_000)


class Node:
    """A process of a swarm, a master or a worker: it can be asked while it runs and after its end."""

    def __init__(self, name: str, swarm: "Swarm", cell: Cell, arguments: Sequence[str]) -> None:
        self.name = name
        self.cell = cell
        self._swarm = swarm
        self._record, self._log = (cell.root / f"{name}.{end}" for end in ("jsonl", "log"))
        with self._log.open("wb") as output:
            self.process = cell.start([str(ENTRY), str(self._record), *arguments], output, self._record)
        self._seen = Sightings(self._record)
        if not cell.has_own_network:  # otherwise the network tells which process a connection belongs to
            swarm.peers.add(name, self.process.pid)
        self.started = time.monotonic()
        self.ended_early = False

    @property
    def journal(self) -> Journal:
        """The requests that this process has sent, so far."""
        own = Journal()
        for request in self._swarm.target.journal:
            if self._swarm.peers.name(request.peer_port) == self.name:
                own.add(request)
        return own

    @property
    def record(self) -> Record:
        """What this process has recorded so far."""
        return Record.read(self._record)

    @property
    def log(self) -> str:
        """What this process has printed, so far."""
        return printed(self._log)

    @property
    def has_started(self) -> bool:
        """Whether Locust itself has been loaded; the time until then does not count as the submission's."""
        self._seen.look()
        return self._seen.began < math.inf

    def go_on_with(self, users: int) -> None:
        """Make this process, a master, stop or start users until there are `users` of them."""
        if self.process.stdin:
            with contextlib.suppress(OSError):  # it has ended
                self.process.stdin.write(f"{users}\n".encode())
                self.process.stdin.flush()

    def run(self) -> Run:
        """Return everything about this process, once the swarm has ended."""
        said = self.record
        return Run(
            users=self._swarm.users,
            journal=self.journal,
            record=said,
            log=self.log,
            exit_code=self.process.wait(),
            seconds=time.monotonic() - self.started,
            ending=Ending.LIMIT if self._swarm.out_of_time else Ending.DONE,
            broken=self.cell.broken,
            importing=min(said.began - self.started, self._seen.began),
            standstill=self._swarm.standstill,
            can_start=said.began < math.inf or can_start(self.cell),
            was_loaded=self._seen.has_begun,
        )


class Swarm:
    """A master and its workers: terminals that are open in one folder, or the workers' each on a machine of its own.

    `furnish`, if given, fills the folder of such a machine.
    """

    def __init__(
        self,
        cell: Cell,
        target: Target,
        *,
        users: int,
        compression: float,
        furnish: Callable[[Cell], None] | None = None,
        limit: float = LIMIT,
    ) -> None:
        if target.peers is None:
            raise ValueError("the target of a swarm has to know its peers")
        self.cell, self.target, self.peers = cell, target, target.peers
        target.compression = compression
        self.users = users
        self.out_of_time = False
        self.standstill = 0.0  # the longest time, in seconds, that the grader was kept waiting between two looks
        self._furnish = furnish
        self._machines = contextlib.ExitStack()
        self._nodes: list[Node] = []
        self._dismissed: list[Node] = []
        self._compression = compression
        self._port = free_port(MASTER_PORT if is_inside() else 0)
        self._started, self._limit = time.monotonic(), limit
        self._is_given_up = False

    def start_master(self, arguments: Sequence[str], *, spawn_rate: float, workers: int) -> Node:
        """Start the master: headless, and waiting until `workers` workers have come.

        It may start after its workers, and again after it has been killed; it always uses the same port.
        """
        return self._start(
            self._name("master"),
            self.cell,
            [
                *arguments,
                *("--headless", "--only-summary", "--master-bind-port", str(self._port)),
                *("-u", str(self.users), "-r", str(spawn_rate), "--run-time", "1h"),
                *("--expect-workers", str(workers), "--expect-workers-max-wait", "0"),
                *("--stop-timeout", str(STOP_TIMEOUT)),
            ],
        )

    def start_worker(self, arguments: Sequence[str]) -> Node:
        """Start one more worker, at any time."""
        name = self._name("worker")
        return self._start(name, self._place(name), [*arguments, "--master-port", str(self._port)])

    def _place(self, name: str) -> Cell:
        """Return the cell of a worker."""
        if not self._furnish:
            return self.cell
        own = self.cell.elsewhere([int(self.target.url.rpartition(":")[2]), self._port], partial(self.peers.note, name))
        self._machines.enter_context(own)
        self._furnish(own)
        return own

    def _name(self, kind: str) -> str:
        number = 1 + sum(node.name.startswith(kind) for node in self._nodes)
        return kind if (kind, number) == ("master", 1) else f"{kind} {number}"

    def _start(self, name: str, cell: Cell, arguments: Sequence[str]) -> Node:
        arguments = [str(self._compression), *arguments, "--host", self.target.url]
        self._nodes.append(Node(name, self, cell, arguments))
        self._note(f"{name} starts")
        return self._nodes[-1]

    def kill(self, node: Node) -> None:
        """End a process and all its descendants without warning, as kill -9 does."""
        self._dismissed.append(node)
        self._note(f"{node.name} is killed", lost=node.name)
        node.cell.kill(node.process)

    def quit(self, node: Node) -> None:
        """End a process politely: a worker says good-bye to its master, a master sends its workers home."""
        self._dismissed.append(node)
        self._note(f"{node.name} is told to quit", lost=node.name)
        end(node.cell, node.process)

    def until(self, count: Callable[[], int], goal: int, patience: float = PATIENCE) -> bool:
        """Wait until `count()` has reached `goal`; False if a process ends, the count stops growing, or time is up."""
        alive = [node for node in self._nodes if node not in self._dismissed]
        most, grown = -1, time.monotonic()
        while not self._is_given_up and all(node.process.poll() is None for node in alive):
            counted, now = count(), time.monotonic()
            if counted >= goal:
                return True
            if counted > most or not all(node.has_started for node in alive):
                most, grown = max(most, counted), now
            if now - grown > patience:
                return False
            if now - self._started > self._limit:
                self.out_of_time = True
                return False
            time.sleep(TICK)  # not until the next request: counting after each would slow the swarm
            self.standstill = max(self.standstill, time.monotonic() - now - TICK)
        return False

    def give_up(self) -> None:
        """End all waiting; may be called from another thread."""
        self._is_given_up = True

    def end(self) -> None:
        """End the master, which ends its workers; then the workers that are left; note which had ended before."""
        for node in self._nodes:
            node.ended_early = node not in self._dismissed and node.process.poll() is not None
        early = any(node.ended_early for node in self._nodes)
        for node in sorted(self._nodes, key=lambda node: not node.name.startswith("master")):
            # A master that waits for workers that never come does not obey, nor does a worker that waits for its
            # master.
            if early or not node.record.users:
                node.cell.kill(node.process)
            end(node.cell, node.process)
        self._note_losses()

    def _note_losses(self) -> None:
        """Note which workers the master has missed."""
        records = {node.name: node.record for node in self._nodes}
        names = {record.worker: name for name, record in records.items() if record.worker}
        for name, record in records.items():
            for loss in record.losses[:MOST_LOSSES]:
                self._note(f"{name} misses {names.get(loss.worker, 'a worker')}", loss.time)

    def _note(self, text: str, when: float | None = None, lost: str = "") -> None:
        incident = Incident(time.monotonic() if when is None else when, text, lost)
        if incident not in self.target.incidents:  # a swarm may be ended twice
            self.target.incidents.append(incident)

    def close(self) -> None:
        """End all processes that are left."""
        with self._machines:
            self.end()
        _taken.discard(self._port)


@contextlib.contextmanager
def swarm(
    cell: Cell,
    target: Target,
    *,
    users: int,
    compression: float,
    furnish: Callable[[Cell], None] | None = None,
    limit: float = LIMIT,
) -> Iterator[Swarm]:
    """Yield a swarm without processes; those that are started end with the block, and so do the workers' machines."""
    started = Swarm(cell, target, users=users, compression=compression, furnish=furnish, limit=limit)
    try:
        yield started
    finally:
        started.close()


def free_port(wanted: int = 0) -> int:
    """Return `wanted`, or another free port that no outgoing connection can take before the master listens on it.

    Systems take the ports of connections from 32768 upwards (Linux) or 49152 (the others). No other swarm of this
    grader gets the port until this one has given it back.
    """
    port = wanted or random.randrange(*FREE)
    while True:
        with contextlib.suppress(OSError), _taking, socket.create_server(("127.0.0.1", port)):
            if port not in _taken:
                _taken.add(port)
                return port
        port = random.randrange(*FREE)
