"""The journal: what the target saw, one record for each request."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from random import randrange
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from checks.lab.target.middleware.faults import LABEL
from checks.lab.untrusted import value

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Not SimpleCookie: it gives up at the first of the learner's own cookies that is not strictly valid.
VISITOR = re.compile(r'(?:^|;)\s*visitor="?([^;"]*)')
MAX_REFUSAL = 300
LISTED = 4
NOTICED = 0.5  # seconds
MOST_REQUESTS = 200_000
MOST_BYTES = 16 * 1024**2  # of bodies and addresses; parsed, they take some twenty times as much


@dataclass(frozen=True)
class Request:
    """One request as the target saw it; `start` and `end` are seconds of `time.monotonic`."""

    visitor: str
    method: str
    path: str
    query: dict[str, list[str]]
    json: Any
    status: int
    start: float
    end: float
    peer_port: int
    refusal: str = ""  # the beginning of an error answer, for the message that a learner reads
    id: int = 0  # the answer's X-Request-Id, which ties Locust's count of a request to what the target saw
    answer: str = ""  # the label of the scripted answer, if there was one

    @property
    def address(self) -> str:
        """The path with its query."""
        query = "&".join(f"{name}={value}" for name, values in self.query.items() for value in values)
        return f"{self.path}?{query}" if query else self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Journal:
    """Every request that reached the target, in the order of their ends; safe to read while it grows.

    It is bounded, so that a flood can't fill the grader's memory; no honest run comes near the bound.
    """

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._room = MOST_BYTES
        self._grown = threading.Condition()

    def add(self, request: Request, size: int = 0) -> None:
        """Keep one more request, of `size` bytes, if there is room; wake the threads that wait for it."""
        with self._grown:
            self._room -= size
            if self._room >= 0 and len(self._requests) < MOST_REQUESTS:
                self._requests.append(request)
                self._grown.notify_all()

    def copy(self) -> "Journal":
        """Return a journal with the same requests that does not grow."""
        copy = Journal()
        copy._requests = list(self)
        return copy

    def wait(self, seconds: float) -> None:
        """Return at the next request, or after `seconds` without one."""
        with self._grown:
            self._grown.wait(seconds)

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[Request]:
        return iter(tuple(self._requests))

    @property
    def age(self) -> float:
        """The seconds since the first request was answered; 0 before."""
        return time.monotonic() - self._requests[0].end if self._requests else 0.0

    def visits(self) -> dict[str, list[Request]]:
        """Each visitor's requests in the order in which they were sent; visitors in the order in which they came."""
        by_visitor: dict[str, list[Request]] = {}
        for request in sorted(self, key=lambda request: request.start):
            by_visitor.setdefault(request.visitor, []).append(request)
        return by_visitor


def listed(requests: Sequence[Request], marked: int | None = None) -> str:
    """Return a few requests as a person would list them: the first ones, or those around the one at place `marked`."""
    start = max(0, (marked or 0) - LISTED // 2)
    shown = list(map(str, requests[start : start + LISTED]))
    if marked is not None:
        status = requests[marked].status
        shown[marked - start] += f" (number {marked + 1}{f', answered {status}' if status >= 400 else ''})"
    return ", ".join(["..."] * (start > 0) + shown + ["..."] * (start + LISTED < len(requests)))


def surroundings(journal: Journal, culprit: Request) -> list[str]:
    """Return the lines that show a request, marked, between those that its user sent before and after it."""
    own = journal.visits()[culprit.visitor]
    place = next(number for number, request in enumerate(own) if request is culprit)
    first = max(0, min(place - 1, len(own) - 3))
    return [
        f"{'>' if request is culprit else ' '} {number:3}  {request.method} {request.address}  {_answer(request)}"
        for number, request in enumerate(own[first : first + 3], start=first + 1)
    ]


def _answer(request: Request) -> str:
    """Return the status of an answer, and how long it took if that is noticeable."""
    seconds = request.end - request.start
    return str(request.status) + (f" after {seconds:.2f} s" if seconds > NOTICED else "")


def journaled(app: "WSGIApplication", journal: Journal) -> "WSGIApplication":
    """Return `app` with every answered request written to `journal`."""
    numbers = iter(partial(randrange, 2**53), None)  # random, since a counter would tell each user how many came before

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start = end = time.monotonic()
        number = next(numbers)
        body = environ["wsgi.input"].read()  # the server has buffered and bounded it
        environ["wsgi.input"] = BytesIO(body)
        answer: dict[str, Any] = {"status": 0, "visitor": visitor_of(environ)}

        def note_answer(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
            answer["status"] = int(status.split()[0])
            for name, content in headers:
                if name.lower() == "set-cookie":
                    answer["visitor"] = answer["visitor"] or _cookie(content)
            return start_response(status, [*headers, ("X-Request-Id", str(number))], *exc_info)

        refusal = bytearray()
        chunks: Iterable[bytes] = ()
        try:
            chunks = app(environ, note_answer)
            end = time.monotonic()  # an answer may have no body
            for chunk in chunks:
                end = time.monotonic()  # before the user gets it, so that no answer ends after its user's next request
                if answer["status"] >= 400 and len(refusal) < MAX_REFUSAL:
                    refusal.extend(chunk)
                yield chunk
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
            journal.add(
                Request(
                    visitor=answer["visitor"],
                    method=environ["REQUEST_METHOD"],
                    path=environ["PATH_INFO"],
                    query=parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
                    json=_json(environ.get("CONTENT_TYPE", ""), body),
                    status=answer["status"],
                    start=start,
                    end=end,
                    peer_port=int(environ.get("REMOTE_PORT") or 0),
                    id=number,
                    answer=environ.get(LABEL, ""),
                    refusal=refusal[:MAX_REFUSAL].decode("utf-8", "replace").strip(),
                ),
                size=len(body) + len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", "")),
            )

    return application


def visitor_of(environ: "WSGIEnvironment") -> str:
    """Return the visitor that sends a request; empty if it is a new one."""
    return _cookie(environ.get("HTTP_COOKIE", ""))


def _cookie(header: str) -> str:
    """Return the visitor that a Cookie or Set-Cookie header names, or an empty string."""
    found = VISITOR.search(header)
    return found[1] if found else ""


def _json(content_type: str, body: bytes) -> Any:
    """Return the JSON that a request carried; None if it carried none."""
    if "json" not in content_type.lower():
        return None
    return value(body)
