"""A session: a real grading by `pytest checks/`, with a stand-in for Locust that acts by a recipe.

The stand-in sends real requests to the target and writes the record that `entry.py` would write; the recipe says what
is odd about it. So a grading takes a second, and its verdict can't depend on the machine.
"""

import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from checks.lab import lab as bench
from checks.lab.cell.practice import Cell
from checks.lab.locust.record import Record
from checks.lab.locust.run import Ending, Run, printed
from checks.lab.target.journal import Journal
from checks.lab.target.server import Target
from checks.stages import ROOT
from tests.fuzz.recipes import Recipe, data

PATIENCE = 5.0  # seconds for an answer
MOST_REQUESTS = 400
PET = {"method": "POST", "path": "/pets", "json": {"name": "Pet {number}", "category": "dog"}}
OPEN = {"method": "GET", "path": "/"}


def graded(path: Path, recipe: Recipe, out: Path) -> int:
    """Return pytest's exit status; the report lies in `out`."""
    stage = recipe["stage"]
    acts = itertools.chain(recipe["acts"], itertools.repeat(recipe["acts"][-1]))
    bench.run_alone = _stand_in(acts)  # type: ignore[assignment]
    return int(
        pytest.main(
            [
                *("-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider"),
                *(str(ROOT / "checks" / f"test_{stage}.py"), f"--submission={path}", f"--report={out}", "--seed=1"),
            ]
        )
    )


def _stand_in(acts: Iterator[Recipe]) -> Callable[..., Run]:
    def run_alone(
        cell: Cell, _locustfile: str, target: Target, *, users: int, done: Callable[[Journal], bool], **_: Any
    ) -> Run:
        act, started = next(acts), time.monotonic()
        told = [*({"kind": kind} for kind in act.get("signs", ["began"])), *_played(act, target, users, done)]
        (cell.root / "record.jsonl").write_bytes(
            b"".join(json.dumps(line).encode() + b"\n" for line in told) + data(act.get("record", []))
        )
        (cell.root / "locust.log").write_bytes(data(act.get("log", [])))
        is_done = done(target.journal)
        return Run(
            users=users,
            journal=target.journal,
            record=Record.read(cell.root / "record.jsonl"),
            log=printed(cell.root / "locust.log"),
            exit_code=act.get("exit", 0),
            seconds=time.monotonic() - started,
            ending=Ending.EXIT if act.get("ends") else Ending.DONE if is_done else Ending.SILENCE,
        )

    return run_alone


def _played(act: Recipe, target: Target, users: int, done: Callable[[Journal], bool]) -> Iterator[dict[str, Any]]:
    """Make users repeat their steps until the grader has seen enough; yield the lines of an honest record."""
    if not act.get("users", True):
        return
    yield {
        "kind": "declared",
        "shape": act.get("shape", ""),
        "users": [{"name": "User", "host": act.get("host", "http://127.0.0.1:5000"), "fixed_count": 0}],
        "constants": {},
        "worker": "",
    }
    steps, clients, count = act.get("steps", [PET, OPEN]), [_Client(target) for _ in range(users)], 0
    rows: dict[tuple[str, str], int] = {}
    for number in range(act.get("rounds", 20)):
        for step, client in itertools.product(steps, clients):
            sent = client.send(step, number)
            count += 1
            rows[step["method"], step["path"]] = rows.get((step["method"], step["path"]), 0) + 1
            yield {"kind": "wait", "visitor": client.visitor, "start": time.monotonic(), "asked": 2.0, "actual": 0.0}
            yield {"kind": "counted", "request": sent, "milliseconds": 5.0, "failure": None, "name": step["path"]}
        if count > MOST_REQUESTS or done(target.journal):
            break
    for client in clients:
        client.close()
    kept = [{"method": key[0], "name": key[1], "requests": count, "failures": 0} for key, count in rows.items()]
    if not act.get("dies"):
        yield {"kind": "figures", "exit_code": 0, "rows": kept, "failures": []}


class _Client:
    """A user's connection, which keeps its cookie."""

    def __init__(self, target: Target) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(target.url).netloc, timeout=PATIENCE)
        self._cookie = ""

    @property
    def visitor(self) -> str:
        return self._cookie.partition("visitor=")[2]

    def send(self, step: dict[str, Any], number: int) -> int:
        """Send one request; return the number that the target gave it, 0 if there is none."""
        body = json.dumps(step["json"]).replace("{number}", str(number)).encode() if "json" in step else b""
        headers = {"Content-Type": "application/json", **step.get("headers", {})}
        if self._cookie and step.get("cookies", True):
            headers["Cookie"] = self._cookie
        with suppress(OSError, ValueError, http.client.HTTPException):
            self._connection.request(step["method"], step["path"], data(step.get("body", [])) or body, headers)
            answer = self._connection.getresponse()
            answer.read()
            self._cookie = (answer.headers.get("Set-Cookie") or self._cookie).split(";")[0]
            return int(answer.headers.get("X-Request-Id", 0))
        self._connection.close()
        return 0

    def close(self) -> None:
        self._connection.close()
