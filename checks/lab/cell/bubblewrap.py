"""Exam mode's cell, which bubblewrap makes around each process of an untrusted submission.

A process in it has its own process ids, user, IPC and host name; the network is the grader's private loopback, so that
it can reach the target and its swarm. It sees the shelf and its own folders. It can write only into these folders,
which are memory of bounded size from which no program can be run, and into one file for the grader. It has no
capability, and can't get any.

A guard counts what its processes take together, some ten times a second. A control group enforces the limit of memory
as well, if the grader may make one.
"""

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from checks.lab.cell.cgroup import group
from checks.lab.cell.inmate import Inmate
from checks.lab.cell.kernel import mount_memory, unmount
from checks.lab.cell.network import Network
from checks.lab.cell.practice import Cell
from checks.lab.cell.shelf import CELL_PYTHON, FAR_FILTER, FILTER, IN_CELL, PRIVATE, system_arguments
from checks.lab.cell.usage import Usage, written

MIB = 1024**2
DISK = 128 * MIB  # in the working directory, and as much in the home
SHARED = 16 * MIB  # in /dev/shm
MEMORY = 2048 * MIB  # of all its processes, and of the files that they write, which are in memory, too
FILES = 1024  # open in all its processes: the half MB that a socket or a pipe may hold is counted for no process
LOCKS = 4096  # of files: they take the kernel's memory, and nothing else limits their number
PROCESSES = 32
THREADS = 256  # the kernel's own limit, which counts processes, too, and stops a fork bomb between two looks
ROOM = 512  # threads that an ordinary user may come to start meanwhile, for other gradings
BUSY = 4  # busy threads for each process that the grader has started: Locust needs one, rarely two
BUSY_FOR = 2.0  # seconds; more busy threads for so long would starve the gradings beside it
WALL = 300.0  # seconds for one process of a cell; the grader itself gives up earlier
LIMITS = {
    "as": 2048
    * MIB,  # a Locust worker takes up to 0.9 GB, since each of its threads reserves 64 MB, though it uses little of it
    "core": 1,  # less than any dump; with 0, the system's crash handler would still be called
    "cpu": 300,
    "data": 1024 * MIB,  # of private memory; Locust takes 0.14 GB
    "fsize": 32 * MIB,
    "memlock": 0,
    "msgqueue": 0,
    "nice": 0,
    "nofile": FILES // 2,  # as many more can be in transit through sockets, open in no process
    "nproc": THREADS,
    "rtprio": 0,
    "sigpending": 1024,
}
LOOK_EVERY = 0.1  # seconds; memory can grow by some hundred MB in that time
PLACE = "/cell"  # where its processes see its root
NOBODYS = range(1_900_000_000, 2_100_000_000)  # user ids that no system assigns


class BubblewrapCell(Cell):
    """A cell for untrusted code; needs exam mode's private network around it."""

    filter = FILTER

    def __init__(self) -> None:
        super().__init__()
        self.root.chmod(0o711)  # the cell's own user can reach its folders, but list nothing
        self._shared = self.root / "shared"
        self._shared.mkdir()
        self._places = {self.work: DISK, self.home: DISK, self._shared: SHARED}
        for place, size in self._places.items():
            mount_memory(place, size)
        self._user = _spare_user()
        self._group = group(self.root.name, MEMORY)
        self._excess = ""
        self._inmates: dict[int, Inmate] = {}
        self._closed = threading.Event()
        self._guard = threading.Thread(target=self._watch, name="guard", daemon=True)

    @property
    def broken(self) -> str:
        """The broken limit for which its processes were ended, to continue a sentence; empty if they kept all."""
        if not self._excess and self._group and self._group.is_overrun:
            self._excess = _too_much_memory()
        return self._excess

    def _make_root(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="cell-", dir=PRIVATE))

    def start(self, arguments: Sequence[str], output: IO[bytes], told: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start Python on `arguments`; outside its own folders it can write only the file `told`."""
        if told:
            told.touch()
        self._hand_over(told)
        # The kernel reads a filter to its end, so each process needs a newly opened file.
        with self.filter.open("rb") as calls, _pipe() as (heard, spoken), _pipe() as (held, _):
            inherited = [file.fileno() for file in (calls, spoken, held)]
            process = self._launched(
                [*_limited(self._user is not None), *self._drawn(told, *inherited), *self.command(arguments)],
                cwd="/",
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=inherited,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )
            spoken.close()
            inmate = self._inmates[process.pid] = Inmate(process, heard.read())
            self._join(inmate)
        # Closing this pipe lets the process begin: by now it is watched, so everything that it does counts.
        if len(self._inmates) == 1:
            self._guard.start()
        return process

    def elsewhere(self, ports: Sequence[int], called: Callable[[int], None]) -> Cell:
        """Return a cell that shares nothing with this one except the way to `ports`."""
        return Machine(ports, called)

    def _launched(self, command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, **options)

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the command that runs Python on `arguments`, as the cell sees it."""
        words = super().command(arguments)[1:]
        return [CELL_PYTHON, *(IN_CELL.get(word, self._seen(word)) for word in words)]

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process of the cell at once, and all its descendants; return when they are gone."""
        self._inmates[process.pid].end()

    def close(self) -> None:
        """End every process of the cell and forget its files."""
        self._closed.set()
        for inmate in self._inmates.values():
            inmate.end()
        if self._guard.is_alive():
            self._guard.join()
        for place in self._places:
            unmount(place)
        if self._group:
            self._excess = self.broken  # now, since only the group knows it, and the group is about to go
            self._group.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def _seen(self, text: str) -> str:
        """Return a text in which the root has the name that the cell knows."""
        return text.replace(str(self.root), PLACE)

    def _environment(self) -> dict[str, str]:
        return {name: self._seen(value) for name, value in super()._environment().items()}

    def _drawn(self, told: Path | None, calls: int, speak: int, held: int) -> list[str]:
        """Return bubblewrap's own part of a command."""
        own = {self._shared: "/dev/shm", **{path: self._seen(str(path)) for path in (self.work, self.home)}}  # noqa: S108
        if told:
            own[told] = self._seen(str(told))
        return [
            *("bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
            *("--disable-userns", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "cell"),
            # The program is the first process in the cell: otherwise one of bubblewrap's own would run beside it,
            # unfiltered.
            *("--die-with-parent", "--new-session", "--as-pid-1"),
            *("--seccomp", str(calls), "--info-fd", str(speak), "--block-fd", str(held)),
            *system_arguments(),
            *("--proc", "/proc", "--symlink", self._seen(str(self.home)), "/tmp"),  # noqa: S108
            *(word for source, place in own.items() for word in ("--bind", str(source), place)),
            *("--chdir", self._seen(str(self.work)), "--remount-ro", "/"),
        ]

    def _hand_over(self, told: Path | None) -> None:
        """Make the cell's user the owner of everything that it may write."""
        if self._user is None:
            return
        theirs = [told] if told else []
        if not self._inmates:  # later, a link in these folders may lead elsewhere
            theirs += [path for place in self._places for path in (place, *place.rglob("*"))]
        for path in theirs:
            os.lchown(path, self._user, self._user)

    def _join(self, inmate: Inmate) -> None:
        """Put a process that has not begun yet into the cell's control group."""
        if self._group:
            try:
                self._group.add(*inmate.pids)
            except OSError:  # a group that accepts no process
                self._group.close()
                self._group = None

    def _watch(self) -> None:
        """End the cell if its processes together take more than they may."""
        hectic = 0  # consecutive looks that found too many busy threads
        while not self._closed.wait(LOOK_EVERY):
            living = [inmate for inmate in list(self._inmates.values()) if inmate.is_alive()]
            taken = self._taken(living)
            hectic = hectic + 1 if taken.busy > BUSY * len(living) else 0
            self._excess = self.broken or _excess(taken, max((inmate.age for inmate in living), default=0.0))
            if hectic * LOOK_EVERY > BUSY_FOR:
                self._excess = self.broken or f"kept more than {BUSY * len(living)} threads busy for {BUSY_FOR:.0f} s"
            for inmate in living if self._excess else ():
                inmate.end()

    def _taken(self, inmates: Sequence[Inmate]) -> Usage:
        """Return what the processes of the cell take, including the memory that holds their files."""
        return sum((inmate.usage() for inmate in inmates), Usage(memory=sum(map(written, self._places))))


class Machine(BubblewrapCell):
    """A cell as separate from the others as another machine: with a network of its own, and a stricter filter.

    It reaches only `ports` of the grader's. `called` gets the grader's own port of each connection before
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


def _excess(taken: Usage, age: float) -> str:
    """Return the limit that a cell's processes together break, to continue a sentence; empty if they keep all."""
    limits = (
        (taken.processes, PROCESSES, f"started more than {PROCESSES} processes"),
        (taken.memory, MEMORY, _too_much_memory()),
        (taken.files, FILES, f"opened more than {FILES} files and sockets"),
        (taken.locks, LOCKS, f"held more than {LOCKS} file locks"),
        (age, WALL, f"ran for more than {WALL:.0f} s"),
    )
    return next((sentence for found, most, sentence in limits if found > most), "")


def _too_much_memory() -> str:
    return f"took more than {MEMORY // MIB} MB of memory"


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Yield both ends of a pipe, which are closed when the block ends."""
    ends = os.pipe()
    with os.fdopen(ends[0], "rb") as ear, os.fdopen(ends[1], "wb") as mouth:
        yield ear, mouth


def _limited(has_own_user: bool) -> list[str]:
    """Return the command that sets the limits of a single process before it starts, so that none escapes them.

    The kernel counts the threads of a user. A cell without a user of its own shares one with the grader, and with all
    that the evaluator runs: these come on top.
    """
    others = 0 if has_own_user else _threads_of_this_user() + ROOM
    limits = {**LIMITS, "nproc": LIMITS["nproc"] + others}
    return ["prlimit", *(f"--{name}={value}" for name, value in limits.items()), "--"]


def _threads_of_this_user() -> int:
    """Return how many threads run for the grader's own user, in whatever process."""
    found = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            found += process.num_threads() if process.uids().real == os.getuid() else 0
    return found


def _spare_user() -> int | None:
    """Return a user id for this cell alone, with limits and permissions of its own; None if there is only one."""
    first, _, count = map(int, Path("/proc/self/uid_map").read_text().split()[:3])
    if os.geteuid() or count <= first + 1:
        return None
    most = min(count, NOBODYS.stop)
    return random.randrange(NOBODYS.start if most > NOBODYS.start else most // 2, most)
