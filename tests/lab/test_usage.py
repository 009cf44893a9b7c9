"""The usage: what processes take, as the kernel tells it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from checks.lab.cell.usage import Usage, usage
from tests.lab.witness import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no other system tells so much")
MIB = 1024**2
BEGIN = "import fcntl, mmap, os, subprocess, sys, threading, time"
END = "print('there', flush=True); input()"


@contextmanager
def waiting(code: str) -> Iterator[int]:
    """Yield the id of a Python process that has run a line of code, and waits."""
    command = [sys.executable, "-c", "\n".join((BEGIN, code, END))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline()
        yield process.pid
        process.stdin.close()


def after(code: str) -> Usage:
    """Return the usage of such a process."""
    with waiting(code) as pid:
        return usage(pid)


def test_an_idle_process_takes_little() -> None:
    idle = after("")
    assert (idle.processes, idle.busy, idle.locks) == (1, 0, 0)
    assert 3 <= idle.files < 20
    assert 2 * MIB < idle.memory < 50 * MIB


@pytest.mark.parametrize(
    "code",
    ["held = b'x' * (100 * 2**20)", "held = mmap.mmap(-1, 100 * 2**20); held.write(bytes(100 * 2**20))"],
    ids=["its own", "shared"],
)
def test_memory_counts_whosever_it_is(code: str) -> None:
    assert 95 * MIB < after(code).memory - after("").memory < 130 * MIB


def test_what_a_file_holds_does_not_count_as_memory(tmp_path: Path) -> None:
    (tmp_path / "library").write_bytes(b"x" * 100 * MIB)
    read = f"held = mmap.mmap(os.open({str(tmp_path / 'library')!r}, os.O_RDONLY), 0, prot=mmap.PROT_READ); bytes(held)"
    assert after(f"{read}[:1]").memory - after("").memory < 20 * MIB


def test_descendants_count_with_their_files() -> None:
    code = "held = [subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']) for _ in range(3)]"
    with waiting(f"{code}; ends = [os.pipe() for _ in range(50)]") as pid:
        found = usage(pid)
        assert found.processes == 4
        assert found.files >= 100
    assert usage(pid) == Usage()


def test_locks_count_one_by_one(tmp_path: Path) -> None:
    code = f"file = open({str(tmp_path / 'locked')!r}, 'w'); [fcntl.lockf(file, 2, 1, 2 * n) for n in range(25)]"
    assert after(code).locks == 25


def test_threads_that_want_a_core_are_busy() -> None:
    # The parent passes on its id, since it may be gone before its child could ask.
    busy = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"
    code = f"subprocess.Popen([sys.executable, '-c', {busy!r}, str(os.getpid())])"
    with waiting(f"{code}; {code}") as pid:
        until(lambda: usage(pid).busy == 2)
