"""The swarm: runs a submission's locustfile in real Locust processes against a target."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
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
    out_of_time: bool


def run_alone(
    cell: Cell,
    locustfile: str,
    target: Target,
    *,
    users: int,
    compression: float,
    done: Callable[[Journal], bool],
) -> Run:
    """Run one Locust process until `done`, its own end, `PATIENCE` without a request, or `LIMIT`."""
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
        out_of_time = _watch(process, target.journal, record, lambda: done(target.journal))
        exit_code = _end(process)
    return Run(
        users=users,
        journal=target.journal,
        record=Record.read(record),
        log=log.read_text(encoding="utf-8", errors="replace"),
        exit_code=exit_code,
        seconds=time.monotonic() - started,
        out_of_time=out_of_time,
    )


def _watch(process: "subprocess.Popen[bytes]", journal: Journal, record: Path, done: Callable[[], bool]) -> bool:
    """Return when the run has shown what it can; true where `LIMIT` passed although requests were still coming."""
    started = grown = time.monotonic()
    seen = 0
    while process.poll() is None and not done():
        journal.wait(0.1)
        now = time.monotonic()
        if len(journal) > seen or not record.exists():  # Locust's own start is not the submission's silence
            seen, grown = len(journal), now
        if now - grown > PATIENCE:
            return False
        if now - started > LIMIT:
            return True
    return False


def _end(process: "subprocess.Popen[bytes]") -> int:
    """End a Locust process, politely first; return its exit status."""
    if process.stdin:
        process.stdin.close()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
