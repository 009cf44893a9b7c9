"""The take-home hangs together, and real Locust runs its starter and its reference solution, parts 1 and 2."""

import csv
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checks.lab.target.journal import Request
from checks.lab.target.server import Target, serve
from jsonplaceholder_task.api import Data, create_app, generate

from .conftest import SOLUTION, TASK, WITHIN_S

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUNDS = 12  # requests of each user that a run waits for, at least
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without a word")
ROWS = {"/posts?userId=[user_id]", "/comments?postId=[post_id]"}
FASTER = """
from demo_locustfile import *
from locust import constant
BlogUser.wait_time = constant(0.05)
"""


@dataclass(frozen=True)
class Run:
    """The result of a run: each visitor's requests, and Locust's figures by name, its log and its exit status."""

    visits: list[list[Request]]
    figures: dict[str, dict[str, int]]
    log: str
    exit_code: int


def rows(folder: Path) -> list[tuple[int, str]]:
    """Return the rows of users.csv."""
    with (folder / "users.csv").open(encoding="utf-8", newline="") as file:
        return [(int(row["user_id"]), row["name"]) for row in csv.DictReader(file)]


def blog(seed: int, users: int) -> Data:
    """Return users and posts with arbitrary ids; the first user has no posts."""
    chance = random.Random(seed)
    user_ids = chance.sample(range(1, 10_000), users)
    post_ids = chance.sample(range(1, 100_000), 5 * users)
    posts = [{"userId": chance.choice(user_ids[1:] or user_ids), "id": post_id} for post_id in post_ids]
    return {
        "users": [{"id": user_id, "name": f"Reader, {user_id}"} for user_id in user_ids],
        "posts": posts,
        "comments": [{"postId": post["id"], "id": number} for number, post in enumerate(posts, start=1)],
    }


def posts_of(data: Data) -> dict[int, set[int]]:
    """Return each user's post ids."""
    return {
        user["id"]: {post["id"] for post in data["posts"] if post["userId"] == user["id"]} for user in data["users"]
    }


def failing_often(app: "WSGIApplication") -> "WSGIApplication":
    """Return an API whose second, fourth, sixth ... answer is a 500."""
    numbers = itertools.count(1)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if next(numbers) % 2:
            return app(environ, start_response)
        chunks = app(environ, lambda _status, headers, *_: start_response("500 Internal Server Error", headers))
        return [b"[]" for _ in chunks][:1]

    return application


def copied(source: Path, folder: Path, data: Data | None = None) -> Path:
    """Copy the simulations of `source`; with `data`, its users are the rows of the data file."""
    copy = shutil.copytree(source / "simulations", folder / "simulations", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "faster.py").write_text(FASTER)
    if data:
        with (copy / "users.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("user_id", "name"), *((user["id"], user["name"]) for user in data["users"])])
    return copy


def locust(folder: Path, target: Target, users: int, done: Callable[[], bool]) -> Run:
    """Run Locust on `folder` until `done`; the working directory is the folder above."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    command = [sys.executable, "-m", "locust", "-f", f"{folder.name}/faster.py", "--headless", "-H", target.url]
    command += ["-u", str(users), "-r", str(users), "--stop-timeout", "10", "--json-file", "figures"]
    cwd, output = folder.parent, folder.parent / "locust.log"
    with output.open("wb") as log:
        process = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log, env={**environment, "HOME": str(cwd)})
    try:
        deadline = time.monotonic() + WITHIN_S
        while process.poll() is None and not done():
            assert time.monotonic() < deadline, output.read_text()
            target.journal.wait(0.1)
        process.terminate()  # Ctrl-C would raise an error inside one of the users
        exit_code = process.wait(WITHIN_S)
    finally:
        process.kill()
        process.wait()
    assert (cwd / "figures.json").exists(), output.read_text()
    figures = {row["name"]: row for row in json.loads((cwd / "figures.json").read_text())}
    return Run(list(target.journal.visits().values()), figures, output.read_text(), exit_code)


def run_solution(tmp_path: Path, data: Data, users: int, *, faulty: bool = False) -> Run:
    """Run the reference against an API of `data` until each of `users` has shown what it does."""
    app, own = create_app(data), posts_of(data)
    with serve(failing_often(app) if faulty else app) as target:

        def has_shown(visit: list[Request]) -> bool:
            has_posts = any(own[user_id] for user_id in asked_for(visit, "/posts", "userId"))
            return len(visit) >= ROUNDS and (not has_posts or bool(asked_for(visit, "/comments", "postId")))

        def done() -> bool:
            visits = target.journal.visits().values()
            return len(visits) == users and all(map(has_shown, visits))

        return locust(copied(SOLUTION, tmp_path, data), target, users, done)


def asked_for(requests: Iterable[Request], path: str, field: str) -> list[int]:
    """Return the ids that these requests asked for."""
    return [int(request.query[field][0]) for request in requests if request.path == path]


def check_parts_1_and_2(visits: list[list[Request]], data: Data) -> None:
    """Each visitor has one id, the ids go round the rows, and comments are asked for own posts only, once known."""
    own = posts_of(data)
    held = []
    for visit in visits:
        (user_id,) = set(asked_for(visit, "/posts", "userId"))
        held.append(user_id)
        known: set[int] = set()
        for request in visit:
            if request.path == "/comments":
                assert set(asked_for([request], "/comments", "postId")) <= known
            elif request.status == 200:
                known = own[user_id]
    assert Counter(held) == Counter(itertools.islice(itertools.cycle(own), len(visits)))


def test_both_data_files_and_the_solutions_hold_the_same_rows() -> None:
    sample = TASK / "simulations"
    from_json = [(row["user_id"], row["name"]) for row in json.loads((sample / "users.json").read_text("utf-8"))]
    assert rows(sample) == from_json
    for name in ("users.csv", "users.json"):
        assert (sample / name).read_bytes() == (SOLUTION / "simulations" / name).read_bytes()


def test_the_rows_are_users_of_the_local_api_in_no_order() -> None:
    sample = rows(TASK / "simulations")
    names = {user["id"]: user["name"] for user in generate()["users"]}
    assert [names[user_id] for user_id, _ in sample] == [name for _, name in sample]
    ids = [user_id for user_id, _ in sample]
    assert ids != sorted(ids)
    assert len(set(ids)) == len(ids) < len(names)
    assert any("," in name for _, name in sample)


def test_the_readme_tells_the_rows_as_they_are() -> None:
    readme = " ".join((TASK / "README.md").read_text("utf-8").split())
    ids = [user_id for user_id, _ in rows(TASK / "simulations")]
    assert f"the ids {', '.join(map(str, ids))}, and then {ids[0]} and {ids[1]} again" in readme
    assert f"on the {len(ids)} rows" in readme


@posix_only
def test_the_starter_runs_as_it_is(tmp_path: Path) -> None:
    with serve(create_app()) as target:
        run = locust(copied(TASK, tmp_path), target, 3, lambda: len(target.journal) >= 60)
    assert run.exit_code == 0, run.log
    assert all(request.status == 200 for visit in run.visits for request in visit)
    requests = list(itertools.chain(*run.visits))
    assert set(asked_for(requests, "/posts", "userId")) == {1}
    assert set(asked_for(requests, "/comments", "postId")) <= set(range(1, 11))


@posix_only
@pytest.mark.parametrize(("number_of_rows", "users"), [(1, 3), (5, 8), (9, 4)])
def test_the_solution_gives_each_user_its_row_and_only_its_posts(
    tmp_path: Path, number_of_rows: int, users: int
) -> None:
    data = blog(number_of_rows, number_of_rows)
    run = run_solution(tmp_path, data, users)
    check_parts_1_and_2(run.visits, data)
    assert run.exit_code == 0, run.log
    assert set(run.figures) == ROWS
    assert not any(figures["num_failures"] for figures in run.figures.values())


@posix_only
def test_an_error_answer_neither_stops_a_user_nor_mixes_posts_up(tmp_path: Path) -> None:
    data = blog(6, 6)
    run = run_solution(tmp_path, data, 6, faulty=True)
    check_parts_1_and_2(run.visits, data)
    assert {request.status for visit in run.visits for request in visit} == {200, 500}
    assert set(run.figures) == ROWS
    assert "Traceback" not in run.log, run.log


@posix_only
def test_the_solution_gives_out_the_rows_of_its_own_data_file(tmp_path: Path) -> None:
    folder = copied(SOLUTION, tmp_path)
    ids = [user_id for user_id, _ in rows(folder)]
    with serve(create_app()) as target:
        run = locust(folder, target, len(ids) + 2, lambda: len(target.journal.visits()) == len(ids) + 2)
    held = [asked_for(visit, "/posts", "userId")[0] for visit in run.visits]
    assert Counter(held) == Counter([*ids, *ids[:2]])
