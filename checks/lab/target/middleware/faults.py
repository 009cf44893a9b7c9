"""Faults: scripted answers in front of the target; slow ones, slow bodies, wrong statuses, wrong bodies."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LABEL = "lab.answer"
DRIPS = 10


@dataclass(frozen=True)
class Answer:
    """How one request is answered; everything that is not given stays as the application has it.

    `wait` is the number of seconds before the answer begins. Its headers come with the first bytes of its body; `drip`
    is the number of seconds over which the rest of the body follows.
    """

    label: str
    wait: float = 0.0
    drip: float = 0.0
    status: int | None = None
    body: bytes | None = None


Choice = Callable[[str, str], Answer | None]


def in_turn(method: str, path: str, answers: Sequence[Answer], then: Answer | None = None) -> Choice:
    """Return a choice that gives the n-th request for a path the n-th answer, and later requests `then`."""
    count = 0

    def choose(asked_method: str, asked_path: str) -> Answer | None:
        nonlocal count
        if (asked_method, asked_path) != (method, path):
            return None
        count += 1
        return answers[count - 1] if count <= len(answers) else then

    return choose


class Faults:
    """WSGI middleware that answers as `choose` says for a method and path; None leaves an answer alone."""

    def __init__(self, app: "WSGIApplication", choose: Choice) -> None:
        self._app = app
        self._choose = choose
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request as scripted; the journal finds the answer's label in the environment."""
        with self._lock:
            answer = self._choose(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if answer is None:
            return self._app(environ, start_response)
        environ[LABEL] = answer.label
        time.sleep(answer.wait)
        return _given(answer, self._app, environ, start_response)


def _given(
    answer: Answer, app: "WSGIApplication", environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterator[bytes]:
    kept: dict[str, Any] = {}

    def keep(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        kept.update(status=status, headers=headers)
        return lambda _: None

    body = b"".join(app(environ, keep))
    if answer.status is not None:
        kept["status"] = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        body = b""
    if answer.body is not None:
        body = answer.body
    headers = [(name, value) for name, value in kept["headers"] if name.lower() != "content-length"]
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(body))))
    start_response(kept["status"], headers)
    if not answer.drip:
        yield body
        return
    size = max(1, len(body) // DRIPS)
    starts = range(0, len(body), size)
    for start in starts:
        if start:
            time.sleep(answer.drip / (len(starts) - 1))
        yield body[start : start + size]
