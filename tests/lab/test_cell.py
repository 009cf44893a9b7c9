"""The cell: a process in it gets little, and leaves nothing behind."""

import contextlib
import json
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from checks.lab.cell.practice import LIMITS, Cell
from tests.lab.witness import PATIENCE_S, until

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="limits are set from outside on Linux alone")

FACTS = """
import json, os, sys
from pathlib import Path
print(json.dumps({"environ": dict(os.environ), "cwd": os.getcwd(), "home": str(Path.home()), "path": sys.path,
                  "there": os.listdir()}))
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open("daemon.part", "w") as note:
            note.write(str(os.getpid()))
        os.rename("daemon.part", "daemon")
        time.sleep(600)
    os._exit(0)
os.wait()
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("there", flush=True)
time.sleep(600)
"""
FORKS_ON = """
import os, time
for _ in range(4):
    os.fork()
open(f"pid-{os.getpid()}", "w").close()
time.sleep(600)
"""


@pytest.fixture
def cell() -> Iterator[Cell]:
    with Cell() as cell:
        yield cell


@contextlib.contextmanager
def running(cell: Cell, code: str) -> Iterator[Any]:
    """Run Python code in a cell; its standard input is open during the block, its output goes to `cell.root/"said"`."""
    with (cell.root / "said").open("wb") as output:
        process = cell.start(["-c", textwrap.dedent(code)], output)
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        process.kill()
        process.wait(PATIENCE_S)


def said(cell: Cell, code: str) -> str:
    """Return the output of Python code in a cell."""
    with running(cell, code) as process:
        assert process.wait(PATIENCE_S) == 0
        return (cell.root / "said").read_text()


def test_the_environment_is_an_allow_list(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCUST_USERS", "1000")
    monkeypatch.setenv("API_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.setenv("TZ", "Europe/Warsaw")
    environ = json.loads(said(cell, FACTS))["environ"]
    assert not [name for name in environ if name.startswith("LOCUST")]
    assert "secret" not in environ.values()
    assert "PYTHONPATH" not in environ
    assert (environ["PATH"], environ["TZ"]) == (os.environ["PATH"], "Europe/Warsaw")


def test_home_and_working_directory_are_fresh_and_the_cells_own(cell: Cell) -> None:
    facts = json.loads(said(cell, FACTS))
    assert Path(facts["home"]) == cell.home
    assert Path(facts["cwd"]) == cell.work
    assert facts["there"] == []
    assert cell.root in cell.home.parents
    assert cell.root != Path.home()


def test_nothing_of_the_course_can_be_imported(cell: Cell) -> None:
    code = "import importlib.util as u; print([n for n in ('checks', 'petshop_app') if u.find_spec(n)])"
    assert said(cell, code).strip() == "[]"


def test_temporary_files_go_to_the_cell(cell: Cell) -> None:
    assert cell.root in Path(said(cell, "import tempfile; print(tempfile.mkdtemp())").strip()).parents


def test_what_both_streams_get_is_kept_in_one_file(cell: Cell) -> None:
    assert said(cell, "import sys; print('out', flush=True); print('err', file=sys.stderr)").split() == ["out", "err"]


def test_the_end_of_standard_input_reaches_the_process(cell: Cell) -> None:
    with running(cell, "import sys; sys.stdin.read(); sys.exit(7)") as process:
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(PATIENCE_S) == 7


def test_the_files_are_gone_at_the_end() -> None:
    with Cell() as cell:
        (cell.work / "deep").mkdir()
        (cell.work / "deep" / "file").write_text("x")
        said(cell, "open('left', 'w').write('x')")
    assert not cell.root.exists()


def test_the_files_are_gone_where_the_block_ends_with_an_error() -> None:
    with pytest.raises(RuntimeError), Cell() as cell:
        raise RuntimeError
    assert not cell.root.exists()


def test_a_process_that_ignores_the_end_is_ended_with_the_cell() -> None:
    with Cell() as cell, (cell.root / "said").open("wb") as output:
        code = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
        )
        process = cell.start(["-c", code], output)
        until(lambda: (cell.root / "said").stat().st_size)
    process.stdin.close()  # type: ignore[union-attr]
    process.wait(PATIENCE_S)
    assert not psutil.pid_exists(process.pid)


@needs_fork
def test_a_daemon_that_left_its_session_is_ended_too() -> None:
    with Cell() as cell:
        said(cell, DAEMON)
        until((cell.work / "daemon").exists)
        daemon = psutil.Process(int((cell.work / "daemon").read_text()))
        assert daemon.ppid() != os.getpid()
    until(lambda: not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE)


@needs_fork
def test_each_of_many_forks_is_ended() -> None:
    with Cell() as cell, running(cell, FORKS_ON):
        until(lambda: len(list(cell.work.glob("pid-*"))) == 16)
        pids = [int(file.name.removeprefix("pid-")) for file in cell.work.glob("pid-*")]
        cell.close()
        until(lambda: not any(map(alive, pids)))


def alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_other_cells_and_the_grader_live_on() -> None:
    with Cell() as other, running(other, "input()") as process:
        with Cell() as cell:
            said(cell, "print(1)")
        assert process.poll() is None
        assert other.work.exists()


@linux_only
def test_limits_are_set(cell: Cell) -> None:
    with running(cell, "input()") as process:
        for name, value in LIMITS.items():
            assert psutil.Process(process.pid).rlimit(getattr(psutil, name)) == (value, value), name


@linux_only
def test_a_file_can_not_grow_without_end(cell: Cell) -> None:
    code = """
        with open("huge", "wb") as file:
            file.truncate(2 ** 40)
    """
    with running(cell, code) as process:
        assert process.wait(PATIENCE_S) == 1
    assert "File too large" in (cell.root / "said").read_text()
