"""What hostile submissions take from the host, compared with the promises of exam mode.

    python benchmarks/contained.py [--only KIND] [--counted]

Grades the worst of each kind in exam mode, one by one, and samples the grader and all its processes: memory
(including files in memory, and the kernel's own if a control group counts it), files in the host's temporary folder,
with or without a name, processes and open files of the cells, and time. The last kind is CPU: how much longer a
right submission takes beside the busiest ones. Prints the peaks beside the promises; ends with 1 if one is broken.

`--counted` hides the system's control groups from the grader, as for an ordinary user: it has to count by sampling.
This script itself still uses them if it can, to see what the grader can't. The machine should do nothing else.
"""

import argparse
import contextlib
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from checks.lab.cell.bubblewrap import FILES, MEMORY, MIB, THREADS
from checks.lab.cell.cgroup import ControlGroup, group
from checks.lab.cell.usage import usage, written
from tests.corpus import FOLDER
from tests.hostile import RUN_LIMIT, hostile, made, obstacle

KINDS = {
    "memory": ("memory_bomb", "memory_at_once", "memory_of_nobody"),
    "files in memory": ("disk_bomb", "files_without_end", "huge_file"),
    "memory of the kernel": ("pipes_and_sockets", "locks_without_end", "slowloris"),
    "processes": ("fork_bomb", "daemon_that_outlives"),
    "descriptors": ("descriptor_bomb",),
    "answers": ("unread_replies", "answers_that_grow"),
    "requests": ("huge_bodies", "threads_forge_requests"),
    "output": ("log_bomb", "junk_in_the_record"),
    "archives": ("zip_bomb", "zip_of_entries", "tar_bomb", "tar_of_headers", "tar_with_a_long_header", "xz_bomb"),
    "source": ("five_thousand_terms", "fillers_before_the_locustfile"),
}
CPU, BUSIEST, RIGHT = "CPU", ("busy_processes", "busy_threads"), FOLDER / "01_sequential_flows" / "right" / "two_files"
LOOK_EVERY = 0.05  # seconds
UNLIMITED = 2**50
EXAM = ("-m", "checks.lab.exam", "checks/", "-p", "no:cacheprovider", f"--run-limit={RUN_LIMIT}")
HIDING = ("unshare", "--mount", "sh", "-c", 'umount -l /sys/fs/cgroup && exec "$@"', "sh")


@dataclass(frozen=True)
class Taken:
    """What a grading takes from the host, at one moment or at most; memory and disk in bytes."""

    memory: int = 0
    disk: int = 0
    processes: int = 0
    files: int = 0
    seconds: float = 0

    def most(self, other: "Taken") -> "Taken":
        """Return the larger of each."""
        return Taken(*map(max, astuple(self), astuple(other)))

    def __str__(self) -> str:
        sizes = f"{self.memory / MIB:9.0f} MB {self.disk / MIB:7.0f} MB"
        return f"{sizes} {self.processes:10} {self.files:8} {self.seconds:7.0f} s"


# The cell's limit, 768 MB for a grader with the longest journal and record that it allows, and, if only the guard
# counts, as much again for what two cores can write before the guard looks.
PROMISED = {
    False: Taken(MEMORY + 768 * MIB, 64 * MIB, THREADS, 4 * FILES, 120),
    True: Taken(MEMORY + 2 * 768 * MIB, 64 * MIB, THREADS, 4 * FILES, 120),
}


def main() -> int:
    """Print a table; return 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", choices=(*KINDS, CPU), metavar="KIND", help=f"one of: {', '.join((*KINDS, CPU))}")
    parser.add_argument("--counted", action="store_true", help="without the system's control groups")
    options = parser.parse_args()
    if why := obstacle():
        sys.exit(why)
    hiding = HIDING if options.counted else ()
    promise = PROMISED[options.counted]
    print(
        f"{'':22}{'memory':>12}{'disk':>11}{'processes':>11}{'files':>9}{'time':>10}",
        f"{'promised':22}{promise}",
        sep="\n",
    )
    is_kept = True
    for kind in [options.only] if options.only else KINDS:
        for name in KINDS.get(kind, ()):
            peak = peak_of(name, hiding)
            is_broken = astuple(peak.most(promise)) != astuple(promise)
            is_kept = is_kept and not is_broken
            print(f"{name:22}{peak}{'   BROKEN' * is_broken}", flush=True)
    if options.only in (None, CPU):
        is_kept = neighbours(hiding) and is_kept
    return 0 if is_kept else 1


def peak_of(name: str, hiding: Sequence[str]) -> Taken:
    """Return what the grading of a hostile submission takes at most."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder, "tmp")
        temporary.mkdir()
        with graded(submission(name, Path(folder, "in")), temporary, hiding) as (grader, counted):
            started, peak = time.monotonic(), Taken()
            while grader.poll() is None:
                peak = peak.most(taken(grader.pid, temporary, counted))
                time.sleep(LOOK_EVERY)
            return peak.most(Taken(seconds=time.monotonic() - started))


def submission(name: str, folder: Path) -> Path:
    """Return a hostile submission of stage 01, made from its description."""
    folder.mkdir()
    entry = next(entry for entry in hostile() if entry.folder.name == name)
    return made(entry, folder)


@contextlib.contextmanager
def graded(
    path: Path, temporary: Path, hiding: Sequence[str]
) -> Iterator["tuple[subprocess.Popen[bytes], ControlGroup | None]"]:
    """Start the grading of a submission, in a control group if possible; end all its processes after the block."""
    counted = group("contained", UNLIMITED)
    environment = {**os.environ, "TMPDIR": str(temporary)}
    command = [*hiding, sys.executable, *EXAM, f"--submission={path}", "-k", "01"]
    grader = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        if counted:
            counted.add(grader.pid)
        yield grader, counted
    finally:
        grader.kill()
        grader.wait()
        if counted:
            counted.close()


def taken(grader: int, temporary: Path, counted: ControlGroup | None) -> Taken:
    """Return what a grading takes now."""
    with contextlib.suppress(OSError, psutil.Error):
        whole, own = usage(grader), psutil.Process(grader)
        memory = in_group(counted) if counted else whole.memory + in_files(grader)
        return Taken(memory, on_disk(grader, temporary), whole.processes - 1, whole.files - own.num_fds())
    return Taken()


def in_group(counted: ControlGroup) -> int:
    """Return the memory that a control group holds and can't drop, unlike files that were read."""
    told = dict(line.split() for line in (counted.folder / "memory.stat").read_text().splitlines())
    if counted.version == 2:
        return sum(int(told[name]) for name in ("anon", "shmem", "kernel"))
    kernel = int((counted.folder / "memory.kmem.usage_in_bytes").read_text())
    return int(told["total_rss"]) + int(told["total_shmem"]) + kernel


def in_files(grader: int) -> int:
    """Return the bytes of files in the grader's memory."""
    private = Path(f"/proc/{grader}/root/dev/shm")
    return sum(written(place) for place in (private, *private.glob("cell-*/*")) if place.is_dir())


def on_disk(grader: int, temporary: Path) -> int:
    """Return the bytes in a grader's temporary folder, and those of its open files that have no name."""
    named = [Path(place, name).lstat() for place, _, names in os.walk(temporary) for name in names]
    opened = [file.stat() for file in Path(f"/proc/{grader}/fd").iterdir() if file.exists()]
    device = temporary.stat().st_dev
    nameless = [each for each in opened if stat.S_ISREG(each.st_mode) and each.st_dev == device and not each.st_nlink]
    return 512 * sum(each.st_blocks for each in (*named, *nameless))


def neighbours(hiding: Sequence[str]) -> bool:
    """Print how long a right submission takes alone and beside busy ones; tell whether it passes within the promise."""
    is_kept = True
    with tempfile.TemporaryDirectory() as folder:
        alone, _ = judged(hiding, folder)
        print(f"\nright, alone           passed after {alone:.0f} s")
        for name in BUSIEST:
            with graded(submission(name, Path(folder, name)), Path(folder), hiding) as (_, _):
                seconds, status = judged(hiding, folder)
            is_fair = status == 0 and seconds < 2 * alone + 10
            is_kept = is_kept and is_fair
            print(f"beside {name:15} {'passed' if status == 0 else 'NOT PASSED'} after {seconds:.0f} s", flush=True)
    return is_kept


def judged(hiding: Sequence[str], folder: str) -> tuple[float, int]:
    """Return the seconds that a right submission's grading takes, and its exit status."""
    started = time.monotonic()
    command = [*hiding, sys.executable, *EXAM, f"--submission={RIGHT}", "-k", "01"]
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": folder},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return time.monotonic() - started, finished.returncode


if __name__ == "__main__":
    sys.exit(main())
