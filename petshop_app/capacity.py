"""A known capacity: N seats, each busy for M milliseconds with a request, so N * 1000 / M requests/s and no more."""

import heapq
import threading
import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Seats:
    """A number of seats; each request takes the one that is free the earliest."""

    def __init__(self, count: int, service_time_s: float) -> None:
        self._service_time_s = service_time_s
        self._free_at = [0.0] * count
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Return the time, on the clock of `now`, at which a request that arrives at `now` is done.

        Times are reserved in advance: a thread that oversleeps delays only its own answer and takes no time from
        the seat, so the throughput is exact under saturation.
        """
        with self._lock:
            done = max(now, self._free_at[0]) + self._service_time_s
            heapq.heapreplace(self._free_at, done)
        return done


class Capacity:
    """WSGI middleware that serves `seats` * 1000 / `work_ms` requests/s; /health takes no seat.

    The server also needs threads for the requests that wait: at least twice as many as seats.
    """

    def __init__(self, app: WSGIApplication, seats: int, work_ms: float) -> None:
        self._app = app
        self._seats = Seats(seats, work_ms / 1000)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer when the request's time in its seat is over."""
        if environ.get("PATH_INFO") == "/health":
            return self._app(environ, start_response)
        done = self._seats.reserve(time.perf_counter())
        # The shop's own work happens within the M milliseconds, so an idle shop answers after M, and not a little
        # later.
        answer = self._app(environ, start_response)
        time.sleep(max(0.0, done - time.perf_counter()))
        return answer
