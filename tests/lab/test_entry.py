"""What runs inside the Locust process: think times are divided and recorded, and every mistake has its place."""

import contextlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from checks.lab.cell.practice import Cell
from checks.lab.locust.record import ThinkTime
from checks.lab.locust.run import ENTRY, Ending, Run, run_alone
from checks.lab.target.journal import Journal
from checks.lab.target.server import Target, serve
from tests.lab.witness import until, witness

ROOT = Path(__file__).resolve().parents[2]
COMPRESSION = 25.0
ROUNDS = 6
OWN_SLEEP_S = 0.6
BUSY_S = 0.5  # seconds that a busy machine may add to a paced task

# One user of each kind; the path tells which one a visitor is.
THINKERS = f"""\
    import time
    from locust import FastHttpUser, HttpUser, between, constant, constant_pacing, constant_throughput, task

    class Shopper(HttpUser):
        abstract, fixed_count, own_sleep = True, 1, 0

        @task
        def look(self):
            self.client.get("/" + type(self).__name__)
            time.sleep(self.own_sleep)

    class Between(Shopper):
        wait_time = between(1, 3)

    class Fast(FastHttpUser):
        fixed_count, own_sleep, wait_time, tasks = 1, 0, between(1, 3), Shopper.tasks

    class Long(Shopper):
        wait_time = constant(1000)

    class Throughput(Shopper):
        wait_time = constant_throughput(0.5)

    class Pacing(Shopper):
        wait_time, own_sleep = constant_pacing(2), {OWN_SLEEP_S}

    class NoThought(Shopper):
        wait_time, own_sleep = constant(0), {OWN_SLEEP_S}
"""
KINDS = ("Between", "Fast", "Long", "Throughput", "Pacing", "NoThought")


@contextlib.contextmanager
def ran(code: str, users: int, done: Callable[[Journal], bool], **more: str) -> Iterator[Run]:
    """Run a locustfile, and the modules beside it, against the witness."""
    with serve(witness) as target, Cell() as cell:
        for name, text in {"locustfile": code, **more}.items():
            (cell.work / f"{name}.py").write_text(textwrap.dedent(text))
        yield run_alone(cell, "locustfile.py", target, users=users, compression=COMPRESSION, done=done)


def sent(journal: Journal, kind: str) -> int:
    return sum(request.path == f"/{kind}" for request in journal)


@pytest.fixture(scope="module")
def thinkers() -> Iterator[Run]:
    def done(journal: Journal) -> bool:
        return all(sent(journal, kind) > ROUNDS for kind in KINDS)

    with ran(THINKERS, len(KINDS), done) as run:
        assert all(sent(run.journal, kind) > ROUNDS for kind in KINDS), run.log
        yield run


def waits(run: Run, kind: str) -> list[ThinkTime]:
    """Return the think times of the user that asks for `kind`."""
    (visitor,) = {request.visitor for request in run.journal if request.path == f"/{kind}"}
    found = [wait for wait in run.record.waits if wait.visitor == visitor]
    assert len(found) >= ROUNDS
    return found


@pytest.mark.parametrize("kind", ["Between", "Fast"])
def test_between_is_divided_and_recorded_as_asked(thinkers: Run, kind: str) -> None:
    for wait in waits(thinkers, kind):
        assert 1 <= wait.asked <= 3
        assert wait.actual == pytest.approx(wait.asked / COMPRESSION)
    assert len({wait.asked for wait in waits(thinkers, kind)}) > 1


@pytest.mark.parametrize("kind", ["Throughput", "Pacing"])
def test_pacing_asks_each_time_what_it_would_ask_in_real_time(thinkers: Run, kind: str) -> None:
    expected = 2 - (OWN_SLEEP_S if kind == "Pacing" else 0)
    first, *later = waits(thinkers, kind)
    assert 0 < first.asked <= 2
    for wait in later:
        assert expected - BUSY_S < wait.asked <= expected
        assert wait.actual == pytest.approx(wait.asked / COMPRESSION)


def test_a_think_time_of_minutes_is_cut_short_and_recorded_in_full(thinkers: Run) -> None:
    assert {(wait.asked, wait.actual) for wait in waits(thinkers, "Long")} == {(1000, 0.5)}


def test_a_sleep_of_the_submissions_own_is_not_divided(thinkers: Run) -> None:
    own = [request for request in thinkers.journal if request.path == "/NoThought"]
    for before, after in pairwise(own):
        assert after.start - before.start >= OWN_SLEEP_S
    assert {(wait.asked, wait.actual) for wait in waits(thinkers, "NoThought")} == {(0, 0)}
    assert len(waits(thinkers, "NoThought")) <= len(own)


def test_the_divided_think_time_is_what_passes_between_requests(thinkers: Run) -> None:
    (visitor,) = {request.visitor for request in thinkers.journal if request.path == "/Between"}
    starts = [request.start for request in thinkers.journal.visits()[visitor]]
    for (before, after), wait in zip(pairwise(starts), waits(thinkers, "Between"), strict=False):
        assert before <= wait.start <= after - wait.actual


def test_locusts_figures_equal_the_journal_at_a_polite_end(thinkers: Run) -> None:
    figures = thinkers.record.figures
    assert figures
    assert {row.name: row.requests for row in figures.rows} == {
        f"/{kind}": sent(thinkers.journal, kind) for kind in KINDS
    }
    assert (figures.requests, figures.failures, figures.exit_code) == (len(thinkers.journal), (), 0)
    assert (thinkers.exit_code, thinkers.ending is Ending.LIMIT, thinkers.record.crash) == (0, False, None)


def test_what_the_file_declares_is_recorded(thinkers: Run) -> None:
    assert {user.name for user in thinkers.record.users} == set(KINDS)
    assert {user.host for user in thinkers.record.users} == {None}


def test_errors_and_strays_are_recorded_once_with_file_and_line() -> None:
    code = """\
        from helper import stray
        from locust import HttpUser, constant, task

        class Lost(HttpUser):
            host = "http://127.0.0.1:5000"
            wait_time = constant(1)

            @task
            def lose(self):
                self.client.get("/here")
                stray(self)
                {}["nothing"]
    """
    helper = """\
        def stray(user):
            user.client.get("http://127.0.0.1:9/there")
    """
    with ran(code, 2, lambda journal: len(journal) >= 6, helper=helper) as run:
        assert [(stray.file, stray.line, stray.url) for stray in run.record.strays] == [
            ("helper.py", 2, "http://127.0.0.1:9/there")
        ]
        assert [error.place + error.error for error in run.record.errors] == [
            "locustfile.py, line 12: KeyError: 'nothing'"
        ]
        assert [user.host for user in run.record.users] == ["http://127.0.0.1:5000"]
        assert run.record.figures
        (lost,) = run.record.figures.failures
        assert (lost.method, lost.name) == ("GET", "/there")
        assert "refused" in lost.message


def test_what_is_said_below_the_with_block_is_recorded_with_its_line() -> None:
    code = """\
        from locust import HttpUser, constant, task

        class Dedented(HttpUser):
            wait_time = constant(1)

            @task
            def look(self):
                with self.client.get("/here", catch_response=True) as response:
                    response.success()
                response.failure("too late")
    """
    with ran(code, 1, lambda journal: len(journal) >= 2) as run:
        assert [(late.file, late.line, late.error) for late in run.record.late] == [("locustfile.py", 10, "failure()")]
        assert run.record.figures
        assert not run.record.figures.failures


@pytest.mark.parametrize(
    ("code", "helper", "place", "says"),
    [
        ("x = 1\nclass User(\n", "", "locustfile.py, line 2: ", "SyntaxError"),
        ("\nimport turtledove\n", "", "locustfile.py, line 2: ", "turtledove"),
        ("import helper\n", "\n\nnothing\n", "helper.py, line 3: ", "NameError: name 'nothing' is not defined"),
        ("import helper\n", "\nif\n", "helper.py, line 2: ", "SyntaxError"),
        ("import sys\nsys.exit()\n", "", "locustfile.py, line 2: ", "SystemExit"),
    ],
    ids=["syntax error", "missing module", "error in a module beside it", "syntax error beside it", "exit"],
)
def test_a_crash_is_recorded_with_file_and_line(code: str, helper: str, place: str, says: str) -> None:
    with ran(code, 1, lambda _: False, helper=helper) as run:
        crash = run.record.crash
        assert crash
        assert crash.place == place
        assert says in crash.error
        assert crash.missing_module == ("turtledove" if "turtledove" in code else None)
        assert run.record.figures is None


def test_a_file_without_users_is_no_crash() -> None:
    with ran("x = 1\n", 1, lambda _: False) as run:
        assert run.record.crash is None
        assert run.record.users == ()
        assert "No User class found!" in run.log
        assert run.exit_code == 1


GRADER = f"""
import sys, time
from checks.lab.cell.practice import Cell
url, locustfile, said = sys.argv[1:]
with Cell() as cell, open(said, "wb") as output:
    arguments = [{str(ENTRY)!r}, str(cell.root / "record"), "25", "--headless", "-f", locustfile, "--host", url]
    print(cell.start(arguments, output).pid, flush=True)
    time.sleep(600)
"""


def test_the_run_ends_by_itself_where_the_grader_is_killed(target: Target, tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(textwrap.dedent(THINKERS))
    command = [sys.executable, "-c", GRADER, target.url, str(tmp_path / "locustfile.py"), str(tmp_path / "said")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as grader:
        assert grader.stdout
        swarm = psutil.Process(int(grader.stdout.readline()))
        until(lambda: len(target.journal))
        grader.kill()
    until(lambda: not swarm.is_running() or swarm.status() == psutil.STATUS_ZOMBIE)


def test_what_stands_in_for_locusts_own_functions_bears_their_names() -> None:
    code = """\
    from inspect import signature
    from locust import HttpUser, task
    from locust.clients import ResponseContextManager as Answer
    from locust.user.task import TaskSet

    class Asking(HttpUser):
        @task
        def ask(self):
            for own in (Answer.failure, Answer.success, Answer.__enter__, Answer.__exit__, TaskSet._sleep):
                size = len(signature(own).parameters)
                self.client.get(f"/{own.__module__}/{own.__qualname__}/{size}/{hasattr(own, '__wrapped__')}")
    """
    with ran(code, 1, lambda journal: len(journal) >= 5) as run:
        assert {request.path for request in run.journal} == {
            "/locust.clients/ResponseContextManager.failure/2/False",
            "/locust.clients/ResponseContextManager.success/1/False",
            "/locust.clients/ResponseContextManager.__enter__/1/False",
            "/locust.clients/ResponseContextManager.__exit__/4/False",
            "/locust.user.task/TaskSet._sleep/2/False",
        }


def test_the_grader_notes_by_itself_when_a_file_was_read() -> None:
    code = """\
    import time
    from locust import HttpUser, task

    time.sleep(1)

    class Asking(HttpUser):
        @task
        def ask(self):
            self.client.get("/")
    """
    with ran(code, 1, lambda journal: len(journal) >= 1) as run:
        assert 0 < run.importing < run.seconds
        assert 0.8 < run.loading < run.seconds
