"""A master and its workers: who sent what, what reached the master, how a worker is killed, what their files mean."""

import contextlib
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from checks.lab.cell.practice import Cell
from checks.lab.locust.settings import Settings, read
from checks.lab.locust.swarm import Swarm, swarm
from checks.lab.target.peers import Peers
from checks.lab.target.server import serve
from tests.lab.witness import until, witness

TRAVEL = 0.25  # seconds; entry.py's own, which can't be imported here: it imports locust
USERS, COMPRESSION = 6, 20.0
FILE = """\
    import os
    from locust import HttpUser, between, events, task

    class Shopper(HttpUser):
        wait_time = between(1, 3)

        @task
        def look(self):
            self.client.get(f"/{os.getpid()}")
"""
SHORT_LIVED = """\
    import urllib.request
    from locust import User, constant, task

    class Shopper(User):
        wait_time = constant(1)

        @task
        def look(self):
            urllib.request.urlopen(self.host + "/short").read()
"""


@contextlib.contextmanager
def distributed(code: str, users: int = USERS) -> Iterator[Swarm]:
    """Yield a swarm against the witness, with the locustfile in its folder."""
    with serve(witness, peers=Peers()) as target, Cell() as cell:
        (cell.work / "locustfile.py").write_text(textwrap.dedent(code))
        with swarm(cell, target, users=users, compression=COMPRESSION) as started:
            yield started


def sent(group: Swarm, requests: int) -> bool:
    return group.until(lambda: len(group.target.journal), requests)


def test_each_request_is_traced_to_its_process_and_reaches_the_masters_figures() -> None:
    with distributed(FILE) as group:
        master = group.start_master(["--master"], spawn_rate=USERS, workers=2)
        workers = [group.start_worker(["--worker"]) for _ in range(2)]
        assert sent(group, 60), master.run().log
        group.end()
        assert len(master.journal) == 0
        for worker in workers:
            assert {request.path for request in worker.journal} == {f"/{worker.process.pid}"}
            assert len(worker.journal.visits()) == USERS // 2
            reported = [r.requests for r in master.record.reports if r.worker == worker.record.worker]
            assert sum(reported) <= len(worker.journal)
        figures = master.record.figures
        assert figures
        assert figures.requests == sum(report.requests for report in master.record.reports) > 0
        assert not any(node.ended_early for node in (master, *workers))


def test_connections_that_live_for_one_request_are_traced_too() -> None:
    with distributed(SHORT_LIVED, users=2) as group:
        group.start_master(["--master"], spawn_rate=2, workers=1)
        worker = group.start_worker(["--worker"])
        assert sent(group, 10), worker.run().log
        group.end()
        assert len(worker.journal) == len(group.target.journal)


def test_a_killed_worker_is_missed_and_the_other_goes_on() -> None:
    with distributed(FILE) as group:
        master = group.start_master(["--master"], spawn_rate=USERS, workers=2)
        victim, survivor = (group.start_worker(["--worker"]) for _ in range(2))
        assert sent(group, 20)
        group.kill(victim)
        assert group.until(lambda: len(master.record.losses), 1)
        assert [loss.worker for loss in master.record.losses] == [victim.record.worker]
        before = len(survivor.journal)
        assert group.until(lambda: len(survivor.journal), before + 10)
        group.end()
        assert victim.run().exit_code != 0
        assert master.record.figures
        assert not master.ended_early
        assert not victim.ended_early


def test_a_process_that_ends_by_itself_ends_the_wait_and_is_named() -> None:
    with distributed("import sys\nif '--worker' in sys.argv:\n    sys.exit(3)\n" + textwrap.dedent(FILE)) as group:
        master = group.start_master(["--master"], spawn_rate=1, workers=1)
        worker = group.start_worker(["--worker"])
        assert not sent(group, 1)
        group.end()
        assert (worker.ended_early, master.ended_early) == (True, False)
        assert worker.run().exit_code == 3
        assert worker.record.crash


def test_nothing_is_left_where_the_block_ends_with_an_error() -> None:
    nodes = []
    with contextlib.suppress(RuntimeError), distributed(FILE) as group:
        nodes += [group.start_master(["--master"], spawn_rate=1, workers=1), group.start_worker(["--worker"])]
        raise RuntimeError
    assert len(nodes) == 2
    until(lambda: not any(psutil.pid_exists(node.process.pid) for node in nodes))


def test_a_worker_may_come_before_its_master_and_a_master_twice() -> None:
    with distributed(FILE) as group:
        worker = group.start_worker(["--worker"])
        assert group.until(lambda: worker.has_started, 1)
        first = group.start_master(["--master"], spawn_rate=USERS, workers=1)
        assert sent(group, USERS), worker.log
        for node in (first, worker):
            group.kill(node)
        second = group.start_master(["--master"], spawn_rate=USERS, workers=1)
        other = group.start_worker(["--worker"])
        assert group.until(lambda: len(other.journal), USERS), second.log
        group.end()
        assert [node.name for node in (worker, first, second, other)] == ["worker 1", "master", "master 2", "worker 2"]
        assert second.record.figures
        assert not any(node.ended_early for node in (worker, first, second, other))


def test_a_worker_that_quits_says_good_bye_and_its_users_move() -> None:
    with distributed(FILE) as group:
        master = group.start_master(["--master"], spawn_rate=USERS, workers=2)
        leaver, other = (group.start_worker(["--worker"]) for _ in range(2))
        assert sent(group, 20)
        group.quit(leaver)
        assert group.until(lambda: len(other.journal.visits()), USERS), master.log
        group.end()
        assert leaver.run().exit_code == 0
        assert not master.record.losses
        assert not any(node.ended_early for node in (master, leaver, other))


def test_users_stop_and_start_while_the_test_runs() -> None:
    with distributed(FILE) as group:
        master = group.start_master(["--master"], spawn_rate=USERS, workers=2)
        for _ in range(2):
            group.start_worker(["--worker"])
        assert sent(group, 20), master.log
        master.go_on_with(2)

        def at_work(since: float) -> int:
            return len({request.visitor for request in group.target.journal if request.start > since})

        until(lambda: at_work(time.monotonic() - 2) == 2)
        fewer = time.monotonic()
        master.go_on_with(USERS)
        assert group.until(lambda: at_work(fewer), USERS), master.log
        assert len(group.target.journal.visits()) == 2 * USERS - 2


LETTERS = """\
    import time
    from locust import HttpUser, between, events, task
    from locust.runners import MasterRunner

    @events.init.add_listener
    def on_init(environment, **_):
        if isinstance(environment.runner, MasterRunner):
            environment.runner.register_message("letter", lambda msg, **_: print("took", time.monotonic() - msg.data))
        else:
            for _ in range(3):
                environment.runner.send_message("letter", time.monotonic())

    class Shopper(HttpUser):
        @task
        def look(self):
            self.client.get("/")
            time.sleep(1)
"""


def test_messages_take_a_while_to_their_master() -> None:
    with distributed(LETTERS, users=1) as group:
        master = group.start_master(["--master"], spawn_rate=1, workers=1)
        group.start_worker(["--worker"])
        assert group.until(lambda: master.log.count("took"), 3), master.log
        times = [float(line.split()[1]) for line in master.log.splitlines() if line.startswith("took")]
        assert min(times) >= TRAVEL
        assert max(times) < 10 * TRAVEL  # all three at a time, not one after the other


def test_with_rebalancing_a_killed_workers_users_move_to_the_other_one() -> None:
    with distributed(FILE) as group:
        master = group.start_master(["--master", "--enable-rebalancing"], spawn_rate=USERS, workers=2)
        victim, survivor = (group.start_worker(["--worker"]) for _ in range(2))
        assert sent(group, 20)
        group.kill(victim)
        assert group.until(lambda: len(master.record.losses), 1)
        assert group.until(lambda: len(survivor.journal.visits()), USERS), master.log


def test_each_worker_may_have_a_folder_of_its_own_and_who_opens_data_is_noted() -> None:
    code = 'print(open("rows.csv").read())\n' + textwrap.dedent(FILE)

    def lay_out(cell: Cell, row: str = "the workers'") -> None:
        (cell.work / "locustfile.py").write_text(code)
        (cell.work / "rows.csv").write_text(row)

    with serve(witness, peers=Peers()) as target, Cell() as here:
        lay_out(here, "the master's")
        with swarm(here, target, users=2, compression=COMPRESSION, furnish=lay_out) as group:
            master = group.start_master(["--master"], spawn_rate=2, workers=2)
            worker, other = (group.start_worker(["--worker"]) for _ in range(2))
            assert group.until(lambda: min(len(worker.journal), len(other.journal)), 1), worker.log
            assert len({node.cell.work for node in (master, worker, other)}) == 3
            assert "the master's" in master.log
            assert "the workers'" in worker.log  # while it runs: a print is not kept back
            assert [(opened.path, opened.place) for opened in worker.record.opened] == [
                ("rows.csv", "locustfile.py, line 1: ")
            ]


LATE = """\
    import gevent
    from locust import User, constant, events, task
    from locust.runners import WorkerRunner

    create = WorkerRunner.connect_to_master

    def connect_slowly(self):  # the test is under way when the runner is made
        create(self)
        gevent.sleep(2)

    WorkerRunner.connect_to_master = connect_slowly

    @events.init.add_listener
    def on_init(**kwargs):
        print("init")

    @events.test_start.add_listener
    def on_test_start(environment, **kwargs):
        print("start", type(environment.runner).__name__)

    class Idler(User):
        wait_time = constant(1)

        @task
        def idle(self):
            pass
"""


def test_a_worker_that_joins_late_begins_after_its_init() -> None:
    with distributed(LATE, users=2) as group:
        group.start_master(["--master"], spawn_rate=2, workers=1)
        worker = group.start_worker(["--worker"])
        assert group.until(lambda: "start" in worker.log, 1), worker.log
        late = group.start_worker(["--worker"])
        assert group.until(lambda: "start" in late.log, 1), late.log
        said = [line for line in late.log.splitlines() if line.startswith(("init", "start"))]
        assert said == ["init", "start WorkerRunner"]


@pytest.fixture
def cell() -> Iterator[Cell]:
    with Cell() as cell:
        yield cell


def settings(cell: Cell, text: str) -> Settings:
    (cell.work / "master.conf").write_text(text, encoding="utf-8")
    return read(cell, ["master.conf"])[0]


@pytest.mark.parametrize(
    "text",
    [
        "master\nusers = 5000\nspawn-rate = 100\n",
        "; a comment\n[section]\n---\nmaster: yes\nusers: '5000' # many\nspawn-rate 1e2\n",
        "--master\n--users=5000\n--spawn-rate 100\nheadless = false\n",
    ],
    ids=["plain", "ini and yaml", "command line"],
)
def test_settings_are_what_locust_reads(cell: Cell, text: str) -> None:
    told = settings(cell, text)
    names = ("master", "num_users", "spawn_rate", "headless", "master_bind_port")
    assert [told.options[name] for name in names] == [True, 5000, 100, False, 5557]
    assert (told.unknown, told.error) == ((), "")


def test_what_locust_does_not_know_is_named(cell: Cell) -> None:
    told = settings(cell, "spawn_rate = 100\nmaster = true\n")
    assert told.unknown == ("spawn_rate=100",)
    assert told.options["spawn_rate"] is None


@pytest.mark.parametrize("text", ["= 3\n", "users = many\n", "master = perhaps\n"])
def test_what_locust_can_not_read_is_said_in_its_words(cell: Cell, text: str) -> None:
    told = settings(cell, text)
    assert told.error
    assert told.options == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xef\xbb\xbfmaster = true\n", "byte order mark"),
        ("master = true\n".encode("utf-16-le"), "NUL bytes"),
        (b"# gr\xfc\xdf\nmaster = true\n", "codec can't decode"),
        (b"version = true\n", 'instead it prints "locust '),
        (b"help = true\n", "--help"),
        (b"headless = maybe\n", "Unexpected value for headless"),
        (b"loglevel = nonsense\n", "invalid choice"),
        (b"users = 5,000\n", "invalid int value: '5,000'"),
        (b"config-users = nothing.json\n", "--config-users"),
        (b"# a\n" * 20_000, "more than 64 kB"),
    ],
)
def test_whatever_keeps_locust_from_starting_is_said(cell: Cell, content: bytes, says: str) -> None:
    (cell.work / "master.conf").write_bytes(content)
    (told,) = read(cell, ["master.conf"])
    assert says in told.error
    assert told.options == {}


@pytest.mark.parametrize(
    "text",
    ["tags = " + "[" * 30_000, "a" * 60_000, "a " + " ;" * 30_000 + "x=", "a = '" + "\\" * 60_000, "a\n" * 30_000],
    ids=["brackets", "a name", "comments", "quotes", "names"],
)
def test_no_file_keeps_the_parser_from_coming_to_an_end(cell: Cell, text: str) -> None:
    told = settings(cell, text)
    assert told.options or told.error


def test_where_the_parser_comes_to_no_end_it_is_the_files_doing(cell: Cell) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("checks.lab.locust.settings.PARSER", cell.work / "parser.py")
        (cell.work / "parser.py").write_text("import sys; open(sys.argv[1], 'w').write('began\\n{')")
        assert "comes to no end" in settings(cell, "master\n").error


def test_a_missing_file_is_an_error_and_no_code_runs(cell: Cell, tmp_path: Path) -> None:
    (cell.work / "locustfile.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (missing,) = read(cell, ["master.conf"])
    assert "master.conf" in missing.error
    assert not (tmp_path / "ran").exists()


def test_a_parser_that_hangs_is_ended(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.lab.locust.settings.LIMIT", 0.01)
    with pytest.raises(TimeoutError):
        settings(cell, "master\n")
