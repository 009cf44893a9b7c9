"""The run: a submission's locustfile in one real Locust process, and everything that the grader saw of it."""

import math
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from checks.lab.cell.practice import Cell
from checks.lab.locust.record import Record, began, has_declared, last_change
from checks.lab.target.journal import Journal
from checks.lab.target.server import Target

ENTRY = Path(__file__).parents[1] / "inside" / "entry.py"
PATIENCE = 10.0  # seconds without a request: three times the longest think time that a stage asks for
TICK = 0.1  # seconds between two looks at a run
LIMIT = 60.0  # seconds for a whole run, whatever happens in it
GRACE = 10.0  # seconds for a polite end
SIGNALS = (-signal.SIGKILL, -signal.SIGTERM)  # statuses of a process that was told to end
MOST_PRINTED = 4 * 1024**2  # bytes; of a longer log, the end is read
MOST_LINES, LONGEST_LINE = 50_000, 2_000  # characters; a reader of the log may rely on its lines being short
STOP_TIMEOUT = 5  # seconds that Locust gives to requests in flight, so that its figures and the journal agree


class Ending(Enum):
    """What ended a run."""

    DONE = auto()  # it had shown everything that the check needs
    EXIT = auto()  # its process ended before the grader told it to
    SIGNAL = auto()  # a signal that the grader had not sent
    SILENCE = auto()  # the process ran on, but no more requests came
    LIMIT = auto()  # time was up, and requests were still coming


@dataclass(frozen=True)
class Run:
    """A finished run: what the target saw, what the Locust process recorded, and how it ended."""

    users: int
    journal: Journal
    record: Record
    log: str
    exit_code: int
    seconds: float
    ending: Ending = Ending.DONE
    broken: str = ""  # the limit of exam mode for which the process was ended
    importing: float = math.inf  # seconds that it took to import Locust: how busy the machine was
    standstill: float = 0.0  # the longest time, in seconds, that the grader itself was kept waiting
    declared_after: float | None = None  # seconds until the grader saw that Locust had read the file
    can_start: bool = True  # Locust starts in this cell when it has no file to read
    was_loaded: bool = True  # Locust was loaded before the run ended: its process has recorded something

    @property
    def ended_early(self) -> bool:
        """Whether it ended before the grader said so: its process did, or the submission told Locust to stop."""
        return self.ending in (Ending.EXIT, Ending.SIGNAL) or self.record.stopped_untold

    @property
    def loading(self) -> float:
        """The seconds that Locust took to read the file, as the grader saw it; infinite if it never finished."""
        if self.declared_after is None:
            return self.record.declared - self.record.began
        return self.declared_after - self.importing


class Sightings:
    """What the grader itself sees of a running process, since a record and the times in it can be forged."""

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
        """Note what is visible now."""
        passed = time.monotonic() - self._started
        if self.began == math.inf and self.has_begun:
            self.began = passed
        if self.declared == math.inf and has_declared(self._record):
            self.declared = passed

    def wait(self, journal: Journal) -> None:
        """Wait a moment, and note by how much the wait was too long."""
        before = time.monotonic()
        journal.wait(TICK)
        self.standstill = max(self.standstill, time.monotonic() - before - TICK)


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

    Without `spawn_rate`, all users start within a second.
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
        exit_code = end(cell, process)
    said = Record.read(record)
    return Run(
        users=users,
        journal=target.journal,
        record=said,
        log=printed(log),
        exit_code=exit_code,
        seconds=time.monotonic() - started,
        ending=Ending.SIGNAL if ending is Ending.EXIT and exit_code in SIGNALS else ending,
        broken=cell.broken,
        importing=min(said.began - started, seen.began),
        standstill=seen.standstill,
        declared_after=seen.declared,
        can_start=said.began < math.inf or can_start(cell),
        was_loaded=seen.has_begun,
    )


def can_start(cell: Cell) -> bool:
    """Tell whether Locust starts in a cell at all: a process that recorded nothing may have been unable to start."""
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
    """Watch the run until it ends or has to be ended; return what ended it."""
    started = grown = time.monotonic()
    seen = 0
    while process.poll() is None:
        sight.look()
        if done():
            return Ending.DONE
        sight.wait(journal)
        now = time.monotonic()
        if len(journal) > seen or not (seen or sight.has_declared):  # Locust's start is no silence
            seen, grown = len(journal), now
        if now - grown > patience:
            return Ending.SILENCE
        if now - started > limit:
            return Ending.LIMIT
    return Ending.EXIT


def end(cell: Cell, process: "subprocess.Popen[bytes]") -> int:
    """End a Locust process, politely first; return its exit status."""
    if process.stdin:
        process.stdin.close()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        cell.kill(process)
        return process.wait()


def printed(log: Path) -> str:
    """Return as much of a process's output as a person would read: the last lines, each cut to its beginning."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - MOST_PRINTED))
        text = file.read(MOST_PRINTED).decode("utf-8", errors="replace")
    return "\n".join(line[:LONGEST_LINE] for line in text.splitlines()[-MOST_LINES:])
