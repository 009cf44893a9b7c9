"""Helpers for the lab's tests: a small witness to serve, and requests and results without a run."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checks.lab.locust.record import Record
from checks.lab.locust.run import Run
from checks.lab.outcome import Criterion, Outcome, Result
from checks.lab.target.journal import Journal, Request
from checks.lab.target.server import Target

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATIENCE_S = 30  # for a busy machine; an idle one needs milliseconds


def until(condition: Callable[[], Any]) -> None:
    """Return as soon as `condition` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def seen(target: Target, count: int) -> list[Request]:
    """Return the journal as soon as it holds `count` requests: the last note follows the answer."""
    until(lambda: len(target.journal) >= count)
    return list(target.journal)


def witness(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    """Answer: a cookie for newcomers, 400 for /refused, a failure for /broken, else the length of the body."""
    body, path = environ["wsgi.input"].read(), environ["PATH_INFO"]
    if path == "/broken":
        raise ZeroDivisionError("the witness breaks, as a test wants it")
    answer = b'{"error": "no"}' if path == "/refused" else str(len(body)).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
    if "visitor=" not in environ.get("HTTP_COOKIE", ""):
        headers.append(("Set-Cookie", f"visitor=v{environ['REMOTE_PORT']}; Path=/; HttpOnly"))
    start_response("400 Bad Request" if path == "/refused" else "200 OK", headers)
    return [answer]


def request(visitor: str = "a", path: str = "/", start: float = 0.0, end: float = 0.0) -> Request:
    """Return a request as the journal keeps it."""
    return Request(visitor, "GET", path, {}, None, 200, start, end, 1)


def journal(*requests: Request) -> Journal:
    """Return a journal with these requests."""
    kept = Journal()
    for each in requests:
        kept.add(each)
    return kept


def run_of(kept: Journal) -> Run:
    """Return a run in which the target saw this."""
    return Run(users=1, journal=kept, record=Record(), log="", exit_code=0, seconds=1.0)


def result(
    outcome: Outcome = Outcome.PASSED, id: str = "works", points: int = 1, stage: str = "01_first", **more: Any
) -> Result:
    """Return a result without a run."""
    criterion = Criterion(id, f"It {id}.", stage, points, bonus=more.pop("bonus", False), part=more.pop("part", None))
    return Result(criterion, outcome, **more)
