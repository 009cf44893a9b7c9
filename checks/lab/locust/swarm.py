"""The swarm: runs a submission's locustfile in real Locust processes against a target."""

import contextlib
import math
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path

from checks.lab.cell.practice import Cell
from checks.lab.cell.private import is_inside
from checks.lab.locust.record import Record, began, has_declared, last_change
from checks.lab.target.journal import Journal
from checks.lab.target.server import Incident, Target

ENTRY = Path(__file__).parents[1] / "inside" / "entry.py"
PATIENCE = 10.0  # seconds without a request: three times the longest think time that a stage asks for
TICK = 0.1  # seconds between two looks at a run
LIMIT = 60.0  # seconds for a whole run, whatever happens in it
GRACE = 10.0  # seconds for a polite end
MOST_LOSSES = 20  # of workers, for the report: a record can be forged
MOST_PRINTED = 4 * 1024**2  # bytes; of more, the end
MOST_LINES, LONGEST_LINE = 50_000, 2_000  # characters; whoever reads a log may take its lines for short ones
_taken: set[int] = set()  # the ports of swarms that run side by side: their masters may be still to come
_taking = threading.Lock()
MASTER_PORT = 5557  # Locust's own: in a network of its own a grading is to look like real life
FREE = (20_000, 32_000)
STOP_TIMEOUT = 5  # seconds that Locust gives to requests in flight, so that its figures and the journal agree


@dataclass(frozen=True)
class Run:
    """A finished run: what the target saw, what the Locust process said of itself, and how it ended."""

    users: int
    journal: Journal
    record: Record
    log: str
    exit_code: int
    seconds: float
    out_of_time: bool  # requests were still coming when the limit passed
    fell_silent: bool = False  # the process ran on, but no request came any more
    ended_by_itself: bool = False  # before the grader told it to
    shot: bool = False  # a signal ended the process, and the grader had not sent it
    broken: str = ""  # the limit of exam mode for which the process was ended
    importing: float = math.inf  # seconds that it took to import Locust: how busy the machine was
    standstill: float = 0.0  # the longest time, in seconds, that the grader itself was kept waiting
    declared_after: float | None = None  # seconds until the grader saw that Locust had read the file
    can_start: bool = True  # Locust starts in this cell where it has no file to read
    was_loaded: bool = True  # Locust itself was there before the run ended: its process has written something down

    @property
    def loading(self) -> float:
        """Seconds that Locust took to read the file, as the grader saw it; infinite where it came to no end."""
        if self.declared_after is None:
            return self.record.declared - self.record.began
        return self.declared_after - self.importing


class Sightings:
    """What the grader itself sees of a process while it runs: a record can be forged, and so can the times in it."""

    def __init__(self, record: Path) -> None:
        self._record, self._untouched = record, last_change(record)
        self._started = time.monotonic()
        self.began = self.declared = math.inf  # seconds until it had loaded Locust, and read the file
        self.standstill = 0.0

    @property
    def has_begun(self) -> bool:
        """Whether the process has written anything."""
        return last_change(self._record) != self._untouched

    @property
    def has_declared(self) -> bool:
        """Whether it has read the submission's file."""
        return self.declared < math.inf

    def look(self) -> None:
        """Note what there is to be seen now."""
        passed = time.monotonic() - self._started
        if self.began == math.inf and self.has_begun:
            self.began = passed
        if self.declared == math.inf and has_declared(self._record):
            self.declared = passed

    def wait(self, journal: Journal) -> None:
        """Wait a moment, and note by how much it was longer than it should be."""
        before = time.monotonic()
        journal.wait(TICK)
        self.standstill = max(self.standstill, time.monotonic() - before - TICK)


class Ending(Enum):
    """What ended the watch over a run."""

    DONE = auto()
    EXIT = auto()
    SILENCE = auto()
    LIMIT = auto()


def run_alone(
    cell: Cell,
    locustfile: str,
    target: Target,
    *,
    users: int,
    compression: float,
    done: Callable[[Journal], bool],
    spawn_rate: float | None = None,
    patience: float = PATIENCE,
    limit: float = LIMIT,
) -> Run:
    """Run one Locust process until `done`, its own end, `patience` seconds without an answer, or `limit` seconds.

    Without `spawn_rate` all users start within a second.
    """
    record, log = cell.root / "record.jsonl", cell.root / "locust.log"
    target.compression = compression
    started = time.monotonic()
    with log.open("wb") as output:
        process = cell.start(
            [
                *(str(ENTRY), str(record), str(compression)),
                *("--headless", "--only-summary", "-f", locustfile, "--host", target.url),
                *("-u", str(users), "-r", str(spawn_rate or users), "--stop-timeout", str(STOP_TIMEOUT)),
            ],
            output,
            record,
        )
        seen = Sightings(record)
        ending = _watch(process, target.journal, seen, lambda: done(target.journal), patience, limit)
        seen.look()
        exit_code = _end(cell, process)
    said = Record.read(record)
    return Run(
        users=users,
        journal=target.journal,
        record=said,
        log=_printed(log),
        exit_code=exit_code,
        seconds=time.monotonic() - started,
        out_of_time=ending is Ending.LIMIT,
        fell_silent=ending is Ending.SILENCE,
        ended_by_itself=ending is Ending.EXIT or said.stopped_untold,
        shot=ending is Ending.EXIT and exit_code in (-signal.SIGKILL, -signal.SIGTERM),
        broken=cell.broken,
        importing=min(said.began - started, seen.began),
        standstill=seen.standstill,
        declared_after=seen.declared,
        can_start=said.began < math.inf or _can_start(cell),
        was_loaded=seen.has_begun,
    )


def _can_start(cell: Cell) -> bool:
    """Tell whether Locust starts in a cell: a process that has written nothing down may have been kept from it."""
    record = cell.root / "trial.jsonl"
    with (cell.root / "trial.log").open("wb") as output:
        process = cell.start([str(ENTRY), str(record), "1", "--version"], output, record)
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            cell.kill(process)
    return began(record)


def _watch(
    process: "subprocess.Popen[bytes]",
    journal: Journal,
    sight: Sightings,
    done: Callable[[], bool],
    patience: float,
    limit: float,
) -> Ending:
    """Return when the run has shown what it can."""
    started = grown = time.monotonic()
    seen = 0
    while process.poll() is None:
        sight.look()
        if done():
            return Ending.DONE
        sight.wait(journal)
        now = time.monotonic()
        if len(journal) > seen or not (seen or sight.has_declared):  # the start of Locust is not the users' silence
            seen, grown = len(journal), now
        if now - grown > patience:
            return Ending.SILENCE
        if now - started > limit:
            return Ending.LIMIT
    return Ending.EXIT


def _end(cell: Cell, process: "subprocess.Popen[bytes]") -> int:
    """End a Locust process, politely first; return its exit status."""
    if process.stdin:
        process.stdin.close()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        cell.kill(process)
        return process.wait()


def _printed(log: Path) -> str:
    """Return what a process has printed, as much of it as anybody would read: the last lines, their beginnings."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - MOST_PRINTED))
        text = file.read(MOST_PRINTED).decode("utf-8", errors="replace")
    return "\n".join(line[:LONGEST_LINE] for line in text.splitlines()[-MOST_LINES:])


class Node:
    """A process of a swarm, a master or a worker: to be asked while it runs and after its end."""

    def __init__(self, name: str, swarm: "Swarm", cell: Cell, arguments: Sequence[str]) -> None:
        self.name = name
        self.cell = cell
        self._swarm = swarm
        self._record, self._log = (cell.root / f"{name}.{end}" for end in ("jsonl", "log"))
        with self._log.open("wb") as output:
            self.process = cell.start([str(ENTRY), str(self._record), *arguments], output, self._record)
        self._seen = Sightings(self._record)
        if not cell.has_own_network:  # else the network tells whose connection is whose
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
        """What this process has said of itself, so far."""
        return Record.read(self._record)

    @property
    def log(self) -> str:
        """What this process has printed, so far."""
        return _printed(self._log)

    @property
    def has_started(self) -> bool:
        """Whether Locust itself has been loaded, which is not the submission's time."""
        self._seen.look()
        return self._seen.began < math.inf

    def go_on_with(self, users: int) -> None:
        """Let this process, a master, stop or start users until there are so many."""
        if self.process.stdin:
            with contextlib.suppress(OSError):  # it has ended
                self.process.stdin.write(f"{users}\n".encode())
                self.process.stdin.flush()

    def run(self) -> Run:
        """Return all about this process, once the swarm has ended."""
        said = self.record
        return Run(
            users=self._swarm.users,
            journal=self.journal,
            record=said,
            log=self.log,
            exit_code=self.process.wait(),
            seconds=time.monotonic() - self.started,
            out_of_time=self._swarm.out_of_time,
            broken=self.cell.broken,
            importing=min(said.began - self.started, self._seen.began),
            standstill=self._swarm.standstill,
            can_start=said.began < math.inf or _can_start(self.cell),
            was_loaded=self._seen.has_begun,
        )


class Swarm:
    """A master and its workers: terminals that are open in one folder, or the workers' each on a machine of its own.

    `furnish`, where given, lays out the folder of such a machine.
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
        """Start the master: headless, and patient until `workers` workers have come.

        It may come after its workers, and once more when it has been killed: to the same port.
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
        """End a process and all that it has forked, without a word: kill -9."""
        self._dismissed.append(node)
        self._note(f"{node.name} is killed", lost=node.name)
        node.cell.kill(node.process)

    def quit(self, node: Node) -> None:
        """End a process politely: a worker says good-bye to its master, a master sends its workers home."""
        self._dismissed.append(node)
        self._note(f"{node.name} is told to quit", lost=node.name)
        _end(node.cell, node.process)

    def until(self, count: Callable[[], int], goal: int, patience: float = PATIENCE) -> bool:
        """Wait until `count()` has reached `goal`; false where a process ends, nothing grows, or time is up."""
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
            time.sleep(TICK)  # not until the next request: counting for each of them would cost what the swarm needs
            self.standstill = max(self.standstill, time.monotonic() - now - TICK)
        return False

    def give_up(self) -> None:
        """Let nobody wait for anything any more; may be called from another thread."""
        self._is_given_up = True

    def end(self) -> None:
        """End the master, which ends its workers; then those that have not heard of it; note who had ended before."""
        for node in self._nodes:
            node.ended_early = node not in self._dismissed and node.process.poll() is not None
        early = any(node.ended_early for node in self._nodes)
        for node in sorted(self._nodes, key=lambda node: not node.name.startswith("master")):
            # A master that waits for workers who never come does not listen, nor a worker that waits for its master.
            if early or not node.record.users:
                node.cell.kill(node.process)
            _end(node.cell, node.process)
        self._note_losses()

    def _note_losses(self) -> None:
        """Note which workers a master has missed."""
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
        """End all that is left."""
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
    """Give a swarm without processes; those that are started end with the block, and so do the workers' machines."""
    started = Swarm(cell, target, users=users, compression=compression, furnish=furnish, limit=limit)
    try:
        yield started
    finally:
        started.close()


def free_port(wanted: int = 0) -> int:
    """Return `wanted`, or another port that nobody listens on, nor a connection is given while its master is to come.

    Systems take the ports of connections from 32768 upwards (Linux) or 49152 (the others). No other swarm of this
    grader gets the port, until it is given back.
    """
    port = wanted or random.randrange(*FREE)
    while True:
        with contextlib.suppress(OSError), _taking, socket.create_server(("127.0.0.1", port)):
            if port not in _taken:
                _taken.add(port)
                return port
        port = random.randrange(*FREE)
