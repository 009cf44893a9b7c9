"""The usage: what processes take of the machine together, read from /proc.

Only memory that belongs to them alone counts. Libraries and other mapped files do not: the kernel holds these once
for all processes, and can drop them. Memory that a fork shares with its parent counts twice, but honest load tests
hardly fork.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

PROC = Path("/proc")
HELD = (b"RssAnon:", b"RssShmem:", b"VmPTE:", b"VmSwap:")  # of /proc/PID/status, in kB
RUNNING = b"R"  # a thread's state: it runs, or would if a core were free
MOST_LOCKS = 1024**2  # bytes of /proc/locks, a line for each: some sixteen thousand
GONE = (FileNotFoundError, ProcessLookupError)


@dataclass(frozen=True)
class Usage:
    """What processes take together: their number, threads that want a core, bytes of memory, open files, file locks."""

    processes: int = 0
    busy: int = 0
    memory: int = 0
    files: int = 0
    locks: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(own + more for own, more in zip(astuple(self), astuple(other), strict=True)))


def usage(first: int) -> Usage:
    """Return what a process and all its descendants take."""
    locks = _locks()
    return sum((_of(process, locks) for process in _family(first)), Usage())


def written(place: Path) -> int:
    """Return the bytes that a file system in memory holds."""
    status = os.statvfs(place)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def _locks() -> Counter[bytes]:
    """Return how many file locks each process holds, as far as a bounded look can tell."""
    with (PROC / "locks").open("rb") as file:
        return Counter(line.split()[-4] for line in file.read(MOST_LOCKS).split(b"\n")[:-1])


def _family(first: int) -> Iterator[Path]:
    """Yield the folders of a process and its descendants; the first process adopts those whose parents have ended."""
    found = [first]
    for number in found:  # the list grows meanwhile
        process = PROC / str(number)
        with contextlib.suppress(*GONE):
            for thread in (process / "task").iterdir():
                with contextlib.suppress(*GONE):
                    found += map(int, (thread / "children").read_bytes().split())
            yield process


def _of(process: Path, locks: Counter[bytes]) -> Usage:
    """Return what one process takes; nothing if it is gone."""
    with contextlib.suppress(*GONE):
        lines = (process / "status").read_bytes().splitlines()
        memory = sum(int(line.split()[1]) for line in lines if line.startswith(HELD))
        return Usage(1, _busy(process), 1024 * memory, _files(process), locks[process.name.encode()])
    return Usage()


def _files(process: Path) -> int:
    """Return how many files a process has open; 0 while bubblewrap makes its cell, when only root could look."""
    with contextlib.suppress(PermissionError):
        return sum(1 for _ in (process / "fd").iterdir())
    return 0


def _busy(process: Path) -> int:
    """Return how many threads of a process run, or wait for nothing but a core."""
    busy = 0
    for thread in (process / "task").iterdir():
        with contextlib.suppress(*GONE):
            status = (thread / "stat").read_bytes()
            busy += status[status.rindex(b")") + 2 :].startswith(RUNNING)
    return busy
