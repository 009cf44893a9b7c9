"""The launcher with the real requirements, pet shop, stage 01 and graders, in a clean copy of the repository."""

import contextlib
import os
import re
import shutil
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator

import psutil
import pytest

from tests.launcher.clone import Clone, Run, tracked_files, wait_for

SOLUTION = "solutions/01_sequential_flows"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, int, str]:
    """A clean copy, and the status and output of the first command in it; the only full installation of the suite."""
    clone = Clone(tmp_path_factory.mktemp("launcher"), tracked_files())
    return clone, *clone.run("demo", "--headless", "--run-time", "5s")


@pytest.fixture
def clone(first: tuple[Clone, int, str]) -> Iterator[Clone]:
    clone, status, output = first
    assert status == 0, output
    yield clone
    assert not list(clone.temporary.glob("workshop-*"))


@contextlib.contextmanager
def web_demo(clone: Clone, *words: str) -> Iterator[tuple[Run, dict[str, str]]]:
    """Yields a demo that waits for Ctrl-C, and its addresses."""
    with clone.started("demo", *words) as run:
        run.said("Ctrl-C ends both.")
        yield run, dict(re.findall(r"^  (The pet shop|Locust) +(http://127\.0\.0\.1:\d+)$", run.output, re.M))


def get(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return str(answer.read(), "utf-8")


def listens(url: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) == 0


def test_first_command_of_a_newcomer(first: tuple[Clone, int, str]) -> None:
    _, status, output = first
    assert status == 0, output
    rows = {
        (method, path): int(failed) for method, path, failed in re.findall(r"(GET|POST) +(\S+) +\d+ +(\d+)\(", output)
    }
    assert rows == {("GET", "/"): 0, ("POST", "/pets"): 0}
    assert "Set-up done." in output


def test_second_demo_does_no_set_up_and_obeys_the_options(clone: Clone) -> None:
    options = ("--run-time", "2", "--users", "3", "--spawn-rate", "7.5")
    status, output = clone.run("demo", "01", "--headless", *options)
    assert status == 0
    assert ".venv" not in output
    assert "Ramping to 3 users at a rate of 7.50 per second" in output
    assert "Run time limit set to 2 seconds" in output


def test_a_proxy_is_no_hindrance(clone: Clone) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert clone.run("demo", "--headless", "--run-time", "2s", http_proxy=proxy, HTTP_PROXY=proxy)[0] == 0


def test_locusts_status_is_passed_on(clone: Clone) -> None:
    locustfile = clone.path / SOLUTION / "locustfile.py"
    content = locustfile.read_text()
    locustfile.write_text(content.replace('"/pets"', '"/no-such-page"'))
    try:
        status, output = clone.run("demo", "--headless", "--run-time", "2s")
    finally:
        locustfile.write_text(content)
    assert (status, "/no-such-page" in output) == (1, True)


def test_demo_answers_with_the_options_filled_in(clone: Clone) -> None:
    with web_demo(clone, "--users", "17", "--run-time", "90s") as (run, urls):
        assert "<html" in get(urls["The pet shop"])
        page = get(urls["Locust"])
        assert re.search(r'"num_users": 17\b', page)
        assert re.search(r'"run_time": 90\b', page)
        assert urls["The pet shop"] in page
        run.process.terminate()
        run.ended()


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_everything(clone: Clone, name: str, status: int) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests that run under nohup ignore it, and pass that on
    with web_demo(clone) as (run, urls):
        programs = run.programs()
        assert programs.keys() == {"petshop_app", "locust"}
        run.process.send_signal(getattr(signal, name))
        assert run.ended() == status
        assert not any(program.is_running() for program in programs.values())
        assert not any(listens(url) for url in urls.values())
        assert "Traceback" not in run.output


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_ctrl_c_while_starting_shows_no_traceback(clone: Clone) -> None:
    with clone.started("demo") as run:
        wait_for(lambda: "petshop_app" in run.programs(), "the pet shop")
        run.process.send_signal(signal.SIGINT)
        assert run.ended() == 130
        assert "Traceback" not in run.output


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_kill_9_leaves_no_process(clone: Clone) -> None:
    with web_demo(clone) as (run, _):
        programs = list(run.programs().values())
        run.process.kill()
        _, alive = psutil.wait_procs(programs, timeout=30)
        for program in alive:
            program.kill()
    for folder in clone.temporary.glob("workshop-*"):
        shutil.rmtree(folder)  # no process was left to remove it
    assert not alive


@pytest.mark.parametrize(
    ("module", "words", "line"),
    [
        ("petshop_app", (), "the pet shop ended unexpectedly"),
        ("locust", (), "Locust ended unexpectedly"),
        ("petshop_app", ("--headless", "--run-time", "5m"), "the pet shop ended unexpectedly"),
        ("locust", ("--headless", "--run-time", "5m"), "Locust ended unexpectedly"),
    ],
)
def test_a_crash_is_named_and_ends_the_rest(clone: Clone, module: str, words: tuple[str, ...], line: str) -> None:
    with clone.started("demo", *words) as run:
        run.said("All users spawned" if words else "Ctrl-C ends both.")
        programs = run.programs()
        programs[module].kill()
        assert run.ended() == 1
        assert f"\nworkshop.py: {line} with status " in run.output
        assert not any(program.is_running() for program in programs.values())


def test_taken_ports(clone: Clone) -> None:
    with contextlib.ExitStack() as stack:
        for port in (5000, 8089):
            server = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):  # taken by another program is just as good
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind(("127.0.0.1", port))
                server.listen()
        run, urls = stack.enter_context(web_demo(clone))
        for name, spoken, wanted in (("The pet shop", "the pet shop", 5000), ("Locust", "Locust", 8089)):
            used = int(urls[name].rsplit(":", 1)[1])
            assert used > wanted
            assert f"Port {wanted} is taken: {spoken} uses {used}." in run.output
        run.process.terminate()
        run.ended()


def test_two_demos_at_the_same_moment_take_turns(clone: Clone) -> None:
    with clone.started("demo") as one, clone.started("demo") as other:
        for run in (one, other):
            run.said("Ctrl-C ends both.")
        addresses = re.findall(r"^  (?:The pet shop|Locust) +(\S+)$", one.output + other.output, re.M)
        assert len(set(addresses)) == 4
        for run in (one, other):
            run.process.terminate()
            run.ended()


def test_check_grades_the_exercises(clone: Clone) -> None:
    status, output = clone.run("check", "-k", "01")
    assert status == 0
    assert "not started" in output
    assert clone.run("check", "-k", "no_such_stage")[0] == 5


def test_grade_shows_the_score_of_each_submission(clone: Clone) -> None:
    starter = "exercises/01_sequential_flows"
    status, output = clone.run(
        "grade", SOLUTION, starter, "--task", "1", "--practice", "--out", "result", "--jobs", "2"
    )
    assert status == 0
    assert re.search(rf"^\d of 2  {SOLUTION}: (\d+)/\1 points \(01_sequential_flows passed\)", output, re.M), output
    assert re.search(rf"^\d of 2  {starter}: 0/10 points \(not started: locustfile.py is the starter", output, re.M), (
        output
    )
    assert sorted(path.name for path in (clone.path / "result").iterdir()) == [
        "01_sequential_flows",
        "01_sequential_flows-2",
        "summary.csv",
        "summary.html",
    ]
    status, output = clone.run("grade", SOLUTION, "--task", "01", "--practice", "--out", "result")
    assert (status, "(kept, nothing has changed since)" in output) == (0, True)
    assert (
        clone.run("grade", SOLUTION, "--task", "01", "--practice", "--out", "result", "--again")[1].count("kept") == 0
    )


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_ctrl_c_while_grading_says_how_far_it_came(clone: Clone) -> None:
    with clone.started("grade", SOLUTION, "--task", "01", "--practice", "--out", "cut", "--again") as run:
        wait_for(lambda: list((clone.path / "cut").glob(".grading-*/grading.log")), "the grading")
        programs = psutil.Process(run.process.pid).children(recursive=True)
        run.process.send_signal(signal.SIGINT)
        assert run.ended() == 130
        assert "Interrupted after 0 of 1; the same command goes on from here." in run.output
        assert "Traceback" not in run.output
        assert psutil.wait_procs(programs, timeout=30)[1] == []
    assert not list((clone.path / "cut").iterdir())


@contextlib.contextmanager
def only_test(clone: Clone, content: str) -> Iterator[None]:
    """Puts one file in the place of tests/: the real ones would come to this test and run them again, and so on.

    It needs nothing of its own.
    """
    tests, kept = clone.path / "tests", clone.path / "kept"
    tests.rename(kept)
    tests.mkdir()
    try:
        (tests / "test_tiny.py").write_text(content)
        (tests / "requirements.txt").write_text("# nothing\n")
        yield
    finally:
        shutil.rmtree(tests)
        kept.rename(tests)


TINY = """
def test_right(worker_id):
    assert worker_id.startswith("gw")

def test_wrong():
    assert not "reached"
"""

LONG = """
import pathlib, pytest, time

@pytest.fixture
def trace():
    folder = pathlib.Path(__file__).parent
    yield folder
    (folder / "torn down").touch()

def test_long(trace):
    (trace / "started").touch()
    time.sleep(600)
"""


def test_test_runs_the_courses_tests_on_all_cores(clone: Clone) -> None:
    with only_test(clone, TINY):
        status, output = clone.run("test", "-q")
        assert (status, "1 failed, 1 passed" in output) == (1, True), output
        assert clone.run("test", "-k", "right")[0] == 0


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_ctrl_c_lets_pytest_tear_its_fixtures_down(clone: Clone) -> None:
    with only_test(clone, LONG), clone.started("test") as run:
        wait_for((clone.path / "tests" / "started").exists, "the long test")
        run.process.send_signal(signal.SIGINT)
        assert run.ended() == 130
        assert (clone.path / "tests" / "torn down").exists()
