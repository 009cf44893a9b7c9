"""A fleet: real Locust processes, a master and its workers, that run stage 06's robust reference against a witness."""

import contextlib
import itertools
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checks.lab.locust.swarm import free_port
from checks.lab.target.journal import Journal, Request
from checks.lab.target.server import serve

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).resolve().parents[1]
SHORT = ROOT / "solutions" / "06_distributed_data" / "locustfile.py"
ROBUST = ROOT / "solutions" / "06_distributed_data" / "robust"
Process = subprocess.Popen[bytes]
# A cookie, which the target usually sets, tells users apart; here it also says in which process the user runs.
BADGE = 'self.client.cookies.set("visitor", f"{os.getpid()}-{uuid4().hex}")'


def witness(_environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    """Answer each request with a pet."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b'[{"id": 1}]']


class Fleet:
    """The processes, each with its log, in a folder with the robust reference's files and `count` owners."""

    def __init__(self, folder: Path, url: str, journal: Journal, count: int) -> None:
        self.folder, self.url, self.journal = folder, url, journal
        self.owner_ids = [7 * number + 3 for number in range(count)]
        self.processes: list[Process] = []
        self._logs = itertools.count()
        self._port = free_port()
        shutil.copytree(ROBUST, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        self.edit("locustfile.py", "between(1, 3)", "between(0.1, 0.2)")
        self.edit("locustfile.py", "import csv\n", "import csv\nimport os\nfrom uuid import uuid4\n")
        self.edit("locustfile.py", "def on_start(self):\n", f"def on_start(self):\n        {BADGE}\n")
        rows = "".join(f"{owner_id},Owner {owner_id}\n" for owner_id in self.owner_ids)
        (folder / "owners.csv").write_text(f"owner_id,name\n{rows}")

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the reference for the processes that have yet to start."""
        code = (self.folder / name).read_text(encoding="utf-8")
        assert old in code, f"{name} has no {old!r} any more"
        (self.folder / name).write_text(code.replace(old, new), encoding="utf-8")

    def start_master(self, users: int, *options: str, workers: int = 1) -> Process:
        """Start the master, which starts the test as soon as `workers` workers are there."""
        words = ["--master", "--headless", "--only-summary", "--master-bind-port", str(self._port)]
        return self.start(*words, "-u", str(users), "-r", str(users), "--expect-workers", str(workers), *options)

    def start_worker(self) -> Process:
        """Start one more worker."""
        return self.start("--worker", "--master-port", str(self._port))

    def start(self, *options: str) -> Process:
        """Start Locust with these options."""
        with (self.folder / f"{next(self._logs)}.log").open("wb") as log:
            command = [sys.executable, "-m", "locust", "-f", "locustfile.py", "--host", self.url, *options]
            process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        self.processes.append(process)
        return process

    def log(self, process: Process) -> str:
        """Return what a process has written so far."""
        return (self.folder / f"{self.processes.index(process)}.log").read_text(encoding="utf-8", errors="replace")

    def requests(self, since: float = 0.0) -> list[Request]:
        """Return the requests for pets that were sent since then, in their order."""
        asked = (r for r in self.journal if r.start >= since and r.path.startswith("/owners/"))
        return sorted(asked, key=lambda request: request.start)

    def holders(self, seconds: float = 1.0) -> dict[int, set[str]]:
        """Return which users each id had in the last seconds."""
        held: dict[int, set[str]] = {owner_id: set() for owner_id in self.owner_ids}
        for request in self.requests(time.monotonic() - seconds):
            held[owner_of(request)].add(request.visitor)
        return held

    def at_work(self, seconds: float = 1.0) -> set[int]:
        """Return the process ids of the workers whose users have recently sent something."""
        return {int(user.split("-")[0]) for users in self.holders(seconds).values() for user in users}

    def settled(self, workers: Iterable[int], seconds: float = 1.0) -> bool:
        """Tell whether each id has recently had exactly one user, and each of these workers has had users."""
        holders = self.holders(seconds)
        pids = {int(user.split("-")[0]) for users in holders.values() for user in users}
        running = {process.pid for process in self.processes if process.poll() is None}
        return all(len(users) == 1 for users in holders.values()) and set(workers) <= pids <= running

    def end(self) -> None:
        """End all processes that still run."""
        for process in self.processes:
            process.kill()  # also ends a process that SIGSTOP has stopped
        for process in self.processes:
            process.wait()


@contextlib.contextmanager
def fleet(count: int) -> Iterator[Fleet]:
    """Yield a fleet for `count` owners; nothing runs yet, and nothing is left after the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, serve(witness) as target:
        started = Fleet(Path(folder), target.url, target.journal, count)
        try:
            yield started
        finally:
            started.end()


def owner_of(request: Request) -> int:
    """Return the owner whose pets a request asks for."""
    return int(request.path.split("/")[2])


def doubles(requests: Sequence[Request]) -> list[str]:
    """Return the ids that two users had at once: the first used it, then the second, then the first and second again.

    The sequence first, second, first proves nothing: a worker that was cut off may get an id back that others had
    meanwhile.
    """
    found, turns = [], dict[int, list[str]]()
    for request in requests:
        own = turns.setdefault(owner_of(request), [])
        if own and own[-1] != request.visitor:
            before = own[: len(own) - own[::-1].index(request.visitor) - 1] if request.visitor in own else []
            if own[-1] in before:
                users = " and ".join(visitor[:14] for visitor in (request.visitor, own[-1]))
                found.append(f"id {owner_of(request)} at {request.start:.1f} s: {users}")
        if not own or own[-1] != request.visitor:
            own.append(request.visitor)
    return found


def until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until the condition holds; return False if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def send(process: Process, name: str) -> None:
    """Send a signal by its name; SIGSTOP is a lost network, SIGCONT its return."""
    process.send_signal(getattr(signal, name))
