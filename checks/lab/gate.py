"""Gates: requests wait in front of the target for each other, so that no stop-watch is needed."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.lab.journal import visitor_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
AT_WORK = 8
LONGEST_WAIT = 60.0  # seconds: no thread of a server may hang for good


@dataclass(frozen=True)
class GivenUp:
    """When the gate gave up (seconds of `time.monotonic`), and how many requests were waiting at it."""

    at: float
    waiting: int


class Gate:
    """Opens when `size` requests wait at it, and closes again; after `rounds` of these it stays open.

    Who watches the run asks `is_over` now and then: where nobody has come for `patience` seconds, the gate gives up.
    The server needs a thread for each request that waits.
    """

    def __init__(self, size: int, rounds: int, patience: float) -> None:
        self._size, self._rounds, self._patience = size, rounds, patience
        self._waiting = 0
        self._last_came = 0.0
        self._moved = threading.Condition()
        self.passed = 0
        self.gave_up: GivenUp | None = None

    def before(self, app: "WSGIApplication") -> "WSGIApplication":
        """Return `app` with the gate in front of it."""

        behind = narrow(app)

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            self._enter()
            return behind(environ, start_response)

        return application

    def is_over(self) -> bool:
        """Tell whether the gate stays open: all its rounds have passed, or nobody came any more."""
        with self._moved:
            if self._last_came and time.monotonic() - self._last_came > self._patience:
                self.give_up()
            return self._stays_open()

    def give_up(self) -> None:
        """Open for good, unless it is open already."""
        with self._moved:
            if not self._stays_open():
                self.gave_up = GivenUp(time.monotonic(), self._waiting)
                self._moved.notify_all()

    def _stays_open(self) -> bool:
        return self.passed == self._rounds or self.gave_up is not None

    def _enter(self) -> None:
        with self._moved:
            if self._stays_open():
                return
            self._waiting += 1
            self._last_came = time.monotonic()
            if self._waiting == self._size:
                self.passed, self._waiting = self.passed + 1, 0
                self._moved.notify_all()
                return
            this_round = self.passed
            self._moved.wait_for(lambda: self.passed > this_round or self._stays_open(), LONGEST_WAIT)


class Turnstile:
    """Serves the first `few` of `size` visitors, once all of them are there; the others' second requests wait.

    So a swarm of any size is as quiet as one of a few users. The server needs a thread for each request that waits.
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
            if len(self._waiting) == self._size:
                self._served = set(self._waiting[: self._few])
                self._moved.notify_all()
            self._moved.wait_for(lambda: visitor in self._served or self._is_open, LONGEST_WAIT)


def narrow(app: "WSGIApplication") -> "WSGIApplication":
    """Return `app` with few requests at work in it at once: each opens files, and some systems grant 256 in all."""
    places = threading.BoundedSemaphore(AT_WORK)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with places:
            return app(environ, start_response)

    return application
