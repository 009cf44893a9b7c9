"""The swarm: runs a submission's locustfile in real Locust processes against a target."""

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from checks.lab.cell import Cell
from checks.lab.journal import Journal
from checks.lab.record import Record
from checks.lab.target import Target

ENTRY = Path(__file__).with_name("entry.py")
PATIENCE = 10.0  # seconds without a request: three times the longest think time that a stage asks for
LIMIT = 60.0  # seconds for a whole run, whatever happens in it
GRACE = 10.0  # seconds for a polite end
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
    patience: float = PATIENCE,
) -> Run:
    """Run one Locust process until `done`, its own end, `patience` seconds without an answer, or `LIMIT`."""
    record, log = cell.root / "record.jsonl", cell.root / "locust.log"
    started = time.monotonic()
    with log.open("wb") as output:
        process = cell.start(
            [
                *(str(ENTRY), str(record), str(compression)),
                *("--headless", "--only-summary", "-f", locustfile, "--host", target.url),
                *("-u", str(users), "-r", str(users), "--stop-timeout", str(STOP_TIMEOUT)),
            ],
            output,
        )
        ending = _watch(process, target.journal, record, lambda: done(target.journal), patience)
        exit_code = _end(process)
    return Run(
        users=users,
        journal=target.journal,
        record=Record.read(record),
        log=log.read_text(encoding="utf-8", errors="replace"),
        exit_code=exit_code,
        seconds=time.monotonic() - started,
        out_of_time=ending is Ending.LIMIT,
        fell_silent=ending is Ending.SILENCE,
        ended_by_itself=ending is Ending.EXIT,
        shot=ending is Ending.EXIT and exit_code in (-signal.SIGKILL, -signal.SIGTERM),
    )


def _watch(
    process: "subprocess.Popen[bytes]", journal: Journal, record: Path, done: Callable[[], bool], patience: float
) -> Ending:
    """Return when the run has shown what it can."""
    started = grown = time.monotonic()
    seen = 0
    while process.poll() is None:
        if done():
            return Ending.DONE
        journal.wait(0.1)
        now = time.monotonic()
        if len(journal) > seen or not (seen or _has_declared(record)):  # the start of Locust is not the users' silence
            seen, grown = len(journal), now
        if now - grown > patience:
            return Ending.SILENCE
        if now - started > LIMIT:
            return Ending.LIMIT
    return Ending.EXIT


def _has_declared(record: Path) -> bool:
    """Tell whether Locust has read the submission's file."""
    return record.exists() and '"declared"' in record.read_text(encoding="utf-8", errors="replace")


def _end(process: "subprocess.Popen[bytes]") -> int:
    """End a Locust process, politely first; return its exit status."""
    if process.stdin:
        process.stdin.close()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


class Node:
    """A process of a swarm, the master or a worker: to be asked while it runs and after its end."""

    def __init__(self, name: str, swarm: "Swarm", arguments: Sequence[str]) -> None:
        self.name = name
        self._swarm = swarm
        self._record, self._log = (swarm.cell.root / f"{name}.{end}" for end in ("jsonl", "log"))
        with self._log.open("wb") as output:
            self.process = swarm.cell.start([str(ENTRY), str(self._record), *arguments], output)
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
    def has_started(self) -> bool:
        """Whether Locust itself has been loaded, which is not the submission's time."""
        return self._record.exists()

    def run(self) -> Run:
        """Return all about this process, once the swarm has ended."""
        return Run(
            users=self._swarm.users,
            journal=self.journal,
            record=self.record,
            log=self._log.read_text(encoding="utf-8", errors="replace"),
            exit_code=self.process.wait(),
            seconds=time.monotonic() - self.started,
            out_of_time=self._swarm.out_of_time,
        )


class Swarm:
    """A master and its workers in one cell, as in terminals that are open in one folder."""

    def __init__(self, cell: Cell, target: Target, *, users: int, compression: float) -> None:
        if target.peers is None:
            raise ValueError("the target of a swarm has to know its peers")
        self.cell, self.target, self.peers = cell, target, target.peers
        self.users = users
        self.out_of_time = False
        self._nodes: list[Node] = []
        self._killed: list[Node] = []
        self._compression = compression
        self._port = _free_port()
        self._started = time.monotonic()

    def start_master(self, arguments: Sequence[str], *, spawn_rate: float, workers: int) -> Node:
        """Start the master: headless, and patient until `workers` workers have come."""
        return self._start(
            "master",
            [
                *arguments,
                *("--headless", "--only-summary", "--master-bind-port", str(self._port)),
                *("-u", str(self.users), "-r", str(spawn_rate), "--run-time", "1h"),
                *("--expect-workers", str(workers), "--expect-workers-max-wait", "0"),
                *("--stop-timeout", str(STOP_TIMEOUT)),
            ],
        )

    def start_worker(self, arguments: Sequence[str]) -> Node:
        """Start one more worker."""
        return self._start(f"worker {len(self._nodes)}", [*arguments, "--master-port", str(self._port)])

    def _start(self, name: str, arguments: Sequence[str]) -> Node:
        self._nodes.append(Node(name, self, [str(self._compression), *arguments, "--host", self.target.url]))
        return self._nodes[-1]

    def kill(self, node: Node) -> None:
        """End a process and all that it has forked, without a word: kill -9."""
        self._killed.append(node)
        self.cell.kill(node.process)

    def until(self, count: Callable[[], int], goal: int) -> bool:
        """Wait until `count()` has reached `goal`; false where a process ends, nothing grows, or time is up."""
        alive = [node for node in self._nodes if node not in self._killed]
        most, grown = -1, time.monotonic()
        while all(node.process.poll() is None for node in alive):
            counted, now = count(), time.monotonic()
            if counted >= goal:
                return True
            if counted > most or not all(node.has_started for node in alive):
                most, grown = max(most, counted), now
            if now - grown > PATIENCE:
                return False
            if now - self._started > LIMIT:
                self.out_of_time = True
                return False
            time.sleep(0.1)  # not until the next request: counting for each of them would cost what the swarm needs
        return False

    def end(self) -> None:
        """End the master, which ends its workers; then those that have not heard of it; note who had ended before."""
        for node in self._nodes:
            node.ended_early = node not in self._killed and node.process.poll() is not None
        early = any(node.ended_early for node in self._nodes)
        for node in self._nodes:
            if early:  # a master that waits for workers who never come does not listen
                self.cell.kill(node.process)
            _end(node.process)


@contextlib.contextmanager
def swarm(cell: Cell, target: Target, *, users: int, compression: float) -> Iterator[Swarm]:
    """Give a swarm without processes; those that are started end with the block."""
    started = Swarm(cell, target, users=users, compression=compression)
    try:
        yield started
    finally:
        started.end()


def _free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
