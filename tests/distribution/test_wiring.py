"""The wiring of stage 06 in real processes: a master, three workers, and what may happen to them."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.fleet import ROBUST, ROOT, Fleet, Process, doubles, fleet, owner_of, send, until

PATIENCE_S = 60.0  # a busy machine gets that long


def wait(condition: Callable[[], object]) -> None:
    assert until(condition, PATIENCE_S)


def crew(processes: Fleet, users: int, *options: str) -> tuple[Process, list[Process]]:
    """Start a master and three workers; return them when all users are at work."""
    master = processes.start_master(users, *options, workers=3)
    workers = [processes.start_worker() for _ in range(3)]
    wait(lambda: len({request.visitor for request in processes.requests()}) == users)
    return master, workers


def users_of(processes: Fleet) -> dict[str, set[int]]:
    """Return the ids that each user has had."""
    held: dict[str, set[int]] = {}
    for request in processes.requests():
        held.setdefault(request.visitor, set()).add(owner_of(request))
    return held


def test_hundreds_who_ask_at_once_have_an_id_each() -> None:
    with fleet(300) as processes:
        crew(processes, 300)
        held = users_of(processes)
        assert all(len(ids) == 1 for ids in held.values())
        assert sorted(id for ids in held.values() for id in ids) == processes.owner_ids


def test_more_users_than_ids_share_them_evenly() -> None:
    with fleet(7) as processes:
        crew(processes, 24)
        shared = Counter(id for ids in users_of(processes).values() for id in ids)
        assert set(shared) == set(processes.owner_ids)
        assert max(shared.values()) - min(shared.values()) <= 1


def test_one_process_needs_no_master_and_gives_out_ids_in_the_order_of_the_file() -> None:
    with fleet(5) as processes:
        processes.start("--headless", "--only-summary", "-u", "7", "-r", "2")
        wait(lambda: len(users_of(processes)) == 7)
        first: dict[str, int] = {}
        for request in processes.requests():
            first.setdefault(request.visitor, owner_of(request))
        assert Counter(first.values()) == Counter([*processes.owner_ids, *processes.owner_ids[:2]])


def test_the_file_runs_from_elsewhere(tmp_path: Path) -> None:
    command = ["-m", "locust", "-f", str(ROBUST / "locustfile.py"), "--headless", "--host", "http://127.0.0.1:9"]
    finished = subprocess.run(
        [sys.executable, *command, "-u", "9", "-r", "9", "-t", "3s", "--only-summary"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "/owners/[owner_id]/pets" in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (None, "owners.csv: [Errno 2]"),
        ("", "owners.csv: no owners; expected owner_id,name"),
        ("owner_id,name\n1,A\nx,B\n", "owners.csv, row 3: invalid literal for int() with base 10: 'x'"),
    ],
    ids=["missing", "empty", "malformed"],
)
def test_the_master_ends_before_any_user_starts_where_the_file_is_broken(rows: str | None, line: str) -> None:
    with fleet(1) as processes:
        (processes.folder / "owners.csv").unlink()
        if rows is not None:
            (processes.folder / "owners.csv").write_text(rows)
        master = processes.start_master(1)
        wait(lambda: master.poll() is not None)
        assert master.returncode == 1
        assert [text for text in processes.log(master).splitlines() if text.startswith(line)]
        assert "Traceback" not in processes.log(master)


def test_workers_need_no_file_and_wait_for_their_master() -> None:
    with fleet(3) as processes:
        rows = (processes.folder / "owners.csv").read_text()
        (processes.folder / "owners.csv").unlink()
        worker = processes.start_worker()
        wait(lambda: "no master answers: this worker waits for it" in processes.log(worker))
        (processes.folder / "owners.csv").write_text(rows)
        master = processes.start_master(3)
        wait(lambda: "users spawned" in processes.log(master))
        (processes.folder / "owners.csv").unlink()
        wait(lambda: processes.settled([worker.pid]))


def test_a_worker_ends_with_a_line_where_no_master_comes() -> None:
    with fleet(1) as processes:
        processes.edit("desks.py", "START_LIMIT_S = 300", "START_LIMIT_S = 7")
        worker = processes.start_worker()
        wait(lambda: worker.poll() is not None)
        assert worker.returncode == 1
        assert "no master has answered for 7 s: this worker ends" in processes.log(worker)


def test_a_worker_ends_with_a_line_where_the_master_stays_away() -> None:
    with fleet(3) as processes:
        processes.edit("desks.py", "\nLIMIT_S = 50", "\nLIMIT_S = 7")
        worker, master = processes.start_worker(), processes.start_master(3)
        wait(lambda: processes.settled([worker.pid]))
        send(master, "SIGKILL")
        wait(lambda: worker.poll() is not None)
        assert worker.returncode == 1
        assert "the master has not answered for 7 s: this worker ends" in processes.log(worker)


@pytest.fixture
def settled() -> Iterator[tuple[Fleet, Process, list[Process]]]:
    """A master and three workers with nine users on nine ids."""
    with fleet(9) as processes:
        master, workers = crew(processes, 9)
        wait(lambda: processes.settled(worker.pid for worker in workers))
        yield processes, master, workers


Settled = tuple[Fleet, Process, list[Process]]


def test_the_ids_of_a_killed_worker_go_to_the_one_that_replaces_it(settled: Settled) -> None:
    processes, master, workers = settled
    send(workers[1], "SIGKILL")
    wait(lambda: "setting state to missing" in processes.log(master))
    new = processes.start_worker()
    wait(lambda: processes.settled({workers[0].pid, workers[2].pid, new.pid}))
    assert not doubles(processes.requests())


def test_the_ids_of_a_worker_that_quits_go_to_those_that_stay(settled: Settled) -> None:
    processes, _, workers = settled
    send(workers[1], "SIGTERM")
    wait(lambda: workers[1].poll() is not None)
    wait(lambda: processes.settled({workers[0].pid, workers[2].pid}))
    assert not doubles(processes.requests())


def test_a_worker_that_comes_back_has_its_ids_again(settled: Settled) -> None:
    processes, master, workers = settled
    send(workers[1], "SIGSTOP")
    wait(lambda: "setting state to missing" in processes.log(master))
    send(workers[1], "SIGCONT")
    wait(lambda: processes.settled({worker.pid for worker in workers}))
    assert all(len(ids) == 1 for ids in users_of(processes).values())
    assert not doubles(processes.requests())


def test_a_new_master_gives_nothing_away_that_is_still_held(settled: Settled) -> None:
    processes, master, workers = settled
    send(master, "SIGKILL")
    master.wait()
    new_master, new_worker = processes.start_master(9, workers=4), processes.start_worker()
    wait(lambda: "users spawned" in processes.log(new_master) or "Spawning is complete" in processes.log(new_master))
    wait(lambda: processes.settled({*(worker.pid for worker in workers), new_worker.pid}))
    assert not doubles(processes.requests())
    assert all(len(ids) == 1 for ids in users_of(processes).values())


def test_chance_finds_no_double_and_no_lost_id() -> None:
    """The short version of `benchmarks/rounds.py`, which has a hundred rounds."""
    command = [sys.executable, "benchmarks/rounds.py", "--rounds", "4"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
