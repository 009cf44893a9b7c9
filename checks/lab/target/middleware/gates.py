"""Gates: requests wait for each other in front of the target, so that a verdict needs no stop-watch."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.lab.target.journal import visitor_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
AT_WORK = 8
LONGEST_WAIT = 60.0  # seconds, so that no thread of a server hangs for ever


@dataclass(frozen=True)
class GivenUp:
    """When the gate gave up (seconds of `time.monotonic`), and how many requests were waiting at it."""

    at: float
    waiting: int


@dataclass(frozen=True)
class SingleFile:
    """How a gate lets a round out: `abreast` at a time, the next one when one has come back or been out for `late` s.

    This keeps the machine as quiet as with a few users, while all the others wait. If `most_late` are late at the same
    time, or the round has taken `longest` seconds, the rest goes at once.
    """

    abreast: int
    late: float
    most_late: int
    longest: float


class Gate:
    """Opens when `size` requests wait at it, and closes again; after `rounds` of these it stays open.

    The first and the last round go out at once; those in between go in single file, if the caller wants that. The
    caller asks `is_over` now and then: if no request has come for `patience` seconds, the gate gives up. The server
    needs a thread for each request that waits.
    """

    def __init__(self, size: int, rounds: int, patience: float, file: SingleFile | None = None) -> None:
        self._size, self._rounds, self._patience, self._file = size, rounds, patience, file
        self._waiting: list[_Ticket] = []  # for this round
        self._leaving: deque[_Ticket] = deque()  # of the previous round, still to be let out
        self._out: dict[str, float] = {}  # visitors let out in single file and not back yet, and when they left
        self._last_came = 0.0
        self._lock = threading.RLock()
        self.passed = 0
        self.gave_up: GivenUp | None = None
        self.files: list[tuple[float, float]] = []  # the periods in which it let requests out in single file

    def before(self, app: "WSGIApplication") -> "WSGIApplication":
        """Return `app` with the gate in front of it."""

        behind = narrow(app)

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if ticket := self._entered(visitor_of(environ)):
                ticket.called.wait(LONGEST_WAIT)
            return behind(environ, start_response)

        return application

    def is_over(self) -> bool:
        """Tell whether the gate stays open: all its rounds have passed, or no more requests came."""
        with self._lock:
            self._let_more_out()
            if self._last_came and time.monotonic() - self._last_came > self._patience:
                self.give_up()
            return self._stays_open()

    def give_up(self) -> None:
        """Open for good, unless it is open already."""
        with self._lock:
            if not self._stays_open():
                self.gave_up = GivenUp(time.monotonic(), len(self._waiting))
                self._let_all_out()
                for ticket in self._waiting:
                    ticket.called.set()

    def _stays_open(self) -> bool:
        return self.passed == self._rounds or self.gave_up is not None

    def _entered(self, visitor: str) -> "_Ticket | None":
        """Note a visitor that comes; return the ticket to wait with, None if the gate stays open."""
        with self._lock:
            if self._stays_open():
                return None
            ticket = _Ticket(visitor)
            self._waiting.append(ticket)
            self._out.pop(visitor, None)
            self._last_came = time.monotonic()
            if len(self._waiting) == self._size:
                self._open()
            self._let_more_out()
            return ticket

    def _open(self) -> None:
        self._let_all_out()
        self.passed += 1
        self._leaving, self._waiting = deque(self._waiting), []
        if self._file and 1 < self.passed < self._rounds:
            self.files.append((time.monotonic(), math.inf))
        else:
            self._let_all_out()

    def _let_more_out(self) -> None:
        """Let the next requests of a single file out, as many as may be out at once."""
        if not self._file or not self._leaving:
            return
        now = time.monotonic()
        late = sum(now - since > self._file.late for since in self._out.values())
        if late >= self._file.most_late or now - self.files[-1][0] > self._file.longest:
            self._last_came = now  # the patience for the others begins now
            self._let_all_out()
        while self._leaving and len(self._out) - late < self._file.abreast:
            ticket = self._leaving.popleft()
            self._out[ticket.visitor] = now
            ticket.called.set()

    def _let_all_out(self) -> None:
        if self.files and self.files[-1][1] == math.inf:
            self.files[-1] = self.files[-1][0], time.monotonic()
        while self._leaving:
            self._leaving.popleft().called.set()
        self._out.clear()


class _Ticket:
    """A request that waits at a gate until it is called."""

    def __init__(self, visitor: str) -> None:
        self.visitor, self.called = visitor, threading.Event()


class Turnstile:
    """Serves the first `few` of `size` visitors, once all of them are there; the others' second requests wait.

    This keeps a swarm of any size as quiet as a few users. The server needs a thread for each request that waits.
    """

    def __init__(self, size: int, few: int) -> None:
        self._size, self._few = size, few
        self._waiting: list[str] = []
        self._served: set[str] = set()
        self._moved = threading.Condition()
        self._is_open = False

    def before(self, app: "WSGIApplication") -> "WSGIApplication":
        """Return `app` with the turnstile in front of it."""

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            if visitor := visitor_of(environ):
                self._enter(visitor)
            return app(environ, start_response)

        return application

    def open(self) -> None:
        """Let everybody through."""
        with self._moved:
            self._is_open = True
            self._moved.notify_all()

    def _enter(self, visitor: str) -> None:
        with self._moved:
            if visitor not in self._waiting:
                self._waiting.append(visitor)
            if len(self._waiting) == self._size and not self._served:
                self._served = set(self._waiting[: self._few])
                self._moved.notify_all()
            self._moved.wait_for(lambda: visitor in self._served or self._is_open, LONGEST_WAIT)


def narrow(app: "WSGIApplication") -> "WSGIApplication":
    """Return `app` with few requests at work at once: each opens files, and some systems allow only 256 in all."""
    places = threading.BoundedSemaphore(AT_WORK)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with places:
            return app(environ, start_response)

    return application
