"""The bubble: exam mode's cell, drawn with bubblewrap around each process of a submission that nobody trusts.

A process in it has its own process ids, user, IPC and host name; the network is the grader's private loopback, so that
it can reach the target and its swarm. It sees what stands on the shelf (see `exam`), and its own folders. It writes
there, into memory of bounded size, and into one file for the grader. It has no capability, and can't get any.
"""

import contextlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from checks.lab.cell import Cell
from checks.lab.exam import CELL_PYTHON, FAR_FILTER, FILTER, IN_CELL, PRIVATE, mount_memory, system_arguments, unmount
from checks.lab.network import Network

MIB = 1024**2
DISK = 128 * MIB  # in the working directory, and as much at home
MEMORY = 2048 * MIB  # of all its processes
FILES = 4096  # open in all its processes: what a socket holds belongs to no process's memory
PROCESSES = 64
THREADS = 256  # the kernel's own limit, in which each process counts too: no bomb gets further between two looks
WALL = 300.0  # seconds for one process of a cell; the grader's own patience ends before
LIMITS = {
    "as": 4096 * MIB,
    "core": 0,
    "cpu": 300,
    "fsize": 64 * MIB,
    "memlock": 0,
    "msgqueue": 0,
    "nofile": 2048,
    "nproc": THREADS,
}
PATIENCE = 10.0  # seconds for a killed process to be gone
LOOK_EVERY = 0.2  # seconds; memory can grow by some hundred MB in that time
NOBODYS = range(1_900_000_000, 2_100_000_000)  # user ids that no system gives to anybody


class Bubble(Cell):
    """A cell for code that nobody trusts; needs exam mode's private network around it."""

    filter = FILTER

    def __init__(self) -> None:
        super().__init__()
        self.root.chmod(0o711)  # the cell's own user finds its folders, and lists nothing
        for place in (self.work, self.home):
            mount_memory(place, DISK)
        self._user = _spare_user()
        self._inmates: dict[int, _Inmate] = {}
        self._closed = threading.Event()
        self._guard = threading.Thread(target=self._watch, name="guard", daemon=True)

    def _make_root(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="cell-", dir=PRIVATE))

    def start(self, arguments: Sequence[str], output: IO[bytes], told: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start Python on `arguments`; beside its own folders it can write the file `told` alone."""
        if told:
            told.touch()
        self._hand_over(told)
        ear, mouth = os.pipe()
        # The kernel reads a filter to its end, so each process needs it opened anew.
        with self.filter.open("rb") as calls, os.fdopen(ear, "rb") as heard, os.fdopen(mouth, "wb") as spoken:
            process = self._launched(
                [*_limited(), *self._drawn(told, calls.fileno(), spoken.fileno()), *self.command(arguments)],
                cwd="/",
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(calls.fileno(), spoken.fileno()),
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )
            spoken.close()
            self._inmates[process.pid] = _Inmate(process, heard.read())
        if len(self._inmates) == 1:
            self._guard.start()
        return process

    def elsewhere(self, ports: Sequence[int], called: Callable[[int], None]) -> Cell:
        """Return a cell that shares nothing with this one but the way to `ports`."""
        return Machine(ports, called)

    def _launched(self, command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, **options)

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the command that runs Python on `arguments`, as the cell sees it."""
        return [CELL_PYTHON, *(IN_CELL.get(word, word) for word in super().command(arguments)[1:])]

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process of the cell at once, and all that it has forked; return when all of them are gone."""
        self._inmates[process.pid].end()

    def close(self) -> None:
        """End every process of the cell and forget its files."""
        self._closed.set()
        for inmate in self._inmates.values():
            inmate.end()
        if self._guard.is_alive():
            self._guard.join()
        for place in (self.work, self.home):
            unmount(place)
        shutil.rmtree(self.root, ignore_errors=True)

    def _drawn(self, told: Path | None, calls: int, speak: int) -> list[str]:
        """Return bubblewrap's own part of a command."""
        places = [self.work, self.home, *([told] if told else ())]
        own = [word for place in places for word in ("--bind", str(place), str(place))]
        return [
            *("bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
            *("--disable-userns", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "cell"),
            # As the first of its process ids: bubblewrap's own would stand beside it without the filter.
            *("--die-with-parent", "--new-session", "--as-pid-1", "--seccomp", str(calls), "--info-fd", str(speak)),
            *system_arguments(),
            *("--proc", "/proc", *own, "--symlink", str(self.home), "/tmp"),  # noqa: S108
            *("--chdir", str(self.work), "--remount-ro", "/"),
        ]

    def _hand_over(self, told: Path | None) -> None:
        """Make the cell's user the owner of what it may write."""
        if self._user is None:
            return
        theirs = [told] if told else []
        if not self._inmates:  # later, what stands there may lead elsewhere
            theirs += [path for place in (self.work, self.home) for path in (place, *place.rglob("*"))]
        for path in theirs:
            os.lchown(path, self._user, self._user)

    def _watch(self) -> None:
        """End the cell where its processes together take more than it is granted."""
        while not self._closed.wait(LOOK_EVERY):
            living = [inmate for inmate in list(self._inmates.values()) if inmate.is_alive()]
            self.broken = self.broken or _excess(living)
            for inmate in living if self.broken else ():
                inmate.end()


class Machine(Bubble):
    """A bubble as far from the others as another machine: with a network of its own, and a stricter filter.

    Of the grader's ports it reaches `ports` alone. `called` gets the grader's own port of each connection, before
    anything is sent on it.
    """

    filter = FAR_FILTER
    has_own_network = True

    def __init__(self, ports: Sequence[int], called: Callable[[int], None]) -> None:
        self._network = Network(ports, called)
        super().__init__()

    def _launched(self, command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        return self._network.run_there(lambda: subprocess.Popen(command, **options))

    def close(self) -> None:
        """End every process of the machine, and its network."""
        super().close()
        self._network.close()


class _Inmate:
    """A process that was started in a cell, and the first process of its own process ids: all others end with it."""

    def __init__(self, process: "subprocess.Popen[bytes]", told: bytes) -> None:
        self._process = process
        self._started = time.monotonic()
        self._init: psutil.Process | None = None
        with contextlib.suppress(ValueError, KeyError, psutil.NoSuchProcess):  # a cell that has failed to start
            self._init = psutil.Process(json.loads(told)["child-pid"])

    @property
    def age(self) -> float:
        """The seconds since it was started."""
        return time.monotonic() - self._started

    def is_alive(self) -> bool:
        """Tell whether something of it may still run."""
        return self._process.returncode is None or bool(self._init and _is_alive(self._init))

    def family(self) -> list[psutil.Process]:
        """Return its processes."""
        with contextlib.suppress(psutil.Error):
            if self._init:
                return [self._init, *self._init.children(recursive=True)]
        return []

    def end(self) -> None:
        """End all of it; return when nothing is left."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._init:
                self._init.kill()
        if self._process.returncode is None:
            self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + PATIENCE
        while self._init and _is_alive(self._init) and time.monotonic() < deadline:
            time.sleep(0.001)


def _is_alive(process: psutil.Process) -> bool:
    """Tell whether a process has more to do than to be buried: the first of its ids dies after all the others."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _excess(inmates: Sequence[_Inmate]) -> str:
    """Return which limit the processes of a cell break together, as a sentence goes on; empty where they keep all."""
    if any(inmate.age > WALL for inmate in inmates):
        return f"ran for more than {WALL:.0f} s"
    processes = [process for inmate in inmates for process in inmate.family()]
    if len(processes) > PROCESSES:
        return f"started more than {PROCESSES} processes"
    memory = files = 0
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):
            taken = process.memory_info()
            memory, files = memory + taken.rss - taken.shared, files + process.num_fds()
    if memory > MEMORY:
        return f"took more than {MEMORY // MIB} MB of memory"
    return f"opened more than {FILES} files and sockets" if files > FILES else ""


def _limited() -> list[str]:
    """Return the program that sets what limits each process by itself; set before it starts, so that none escapes."""
    return ["prlimit", *(f"--{name}={value}" for name, value in LIMITS.items()), "--"]


def _spare_user() -> int | None:
    """Return a user id for one cell alone, so that limits and permissions are its own; None where there is but one."""
    first, _, count = map(int, Path("/proc/self/uid_map").read_text().split()[:3])
    if os.geteuid() or count <= first + 1:
        return None
    most = min(count, NOBODYS.stop)
    return random.randrange(NOBODYS.start if most > NOBODYS.start else most // 2, most)
