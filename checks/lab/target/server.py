"""The target: a WSGI application that the grader itself serves on loopback, so that it knows what happened."""

import contextlib
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.server import TcpWSGIServer, create_server

from checks.lab.outcome import Inconclusive
from checks.lab.target.journal import Journal, journaled
from checks.lab.target.peers import Peers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 16
BACKLOG = 4096
# Seconds that a thread keeps Python to itself. With Python's default of 5 ms, a thread that reads rows of SQLite gives
# way to the server's busy loop at each row, and waits 5 ms: 600 requests of 200 users took 5 to 12 s, against 1 s with
# 0.1 ms.
SWITCH_INTERVAL = 0.0001
# Bytes of an answer that a connection keeps in memory while its client does not read. The answering thread waits before
# it makes the rest, so all connections together hold a few answers, and a flood fills neither memory nor disk.
MOST_UNREAD = 128 * 1024
MOST_BODY = 256 * 1024  # of a request; the server would write a larger one to a file


@dataclass(frozen=True)
class Incident:
    """An incident in a swarm (`time` is in seconds of `time.monotonic`); `lost` names the process that ended."""

    time: float
    text: str
    lost: str = ""


@dataclass
class Target:
    """A served application: its address, what it saw, and what a reader has to know about that run."""

    url: str
    journal: Journal
    peers: Peers | None = None  # which process sent which request, if the caller wants to know
    compression: float = 1.0  # the factor by which its users' think times are divided
    incidents: list[Incident] = field(default_factory=list)


class _QuickSwitches:
    """Shortens the time that a thread keeps Python to itself while any target, of several perhaps, is served."""

    def __init__(self) -> None:
        self._lock, self._users = threading.Lock(), 0
        self._usual = sys.getswitchinterval()

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            sys.setswitchinterval(SWITCH_INTERVAL)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                sys.setswitchinterval(self._usual)


_quick_switches = _QuickSwitches()


@contextmanager
def serve(
    app: "WSGIApplication", threads: int = THREADS, peers: Peers | None = None, port: int = 0
) -> Iterator[Target]:
    """Serve `app` on 127.0.0.1 until the block ends; raises `Inconclusive` if no port is available.

    It listens on `port`, or on a free one if that is 0 or taken. `peers`, if given, learns which process each
    request comes from.
    """
    journal = Journal()
    sockets: dict[int, Any] = {}
    # A forgotten browser tab must not fill the log of a verdict.
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    try:
        server = create_server(
            in_pieces(journaled(peers.noting(app) if peers else app, journal)),
            map=sockets,
            sockets=[_listening(port)],
            threads=threads,
            backlog=BACKLOG,
            connection_limit=20_000,
            asyncore_use_poll=True,
            max_request_body_size=MOST_BODY,
            inbuf_overflow=2 * MOST_BODY,
            outbuf_high_watermark=MOST_UNREAD,
            outbuf_overflow=4 * MOST_UNREAD,
            max_request_header_size=16 * 1024,
            clear_untrusted_proxy_headers=True,
        )
        assert isinstance(server, TcpWSGIServer)  # noqa: S101 - one address, so one server
    except OSError as error:
        raise Inconclusive(f"no port of 127.0.0.1 could be opened for the graded shop ({error}); try again") from error
    _, bound = server.getsockname()
    thread = threading.Thread(target=server.run, name="target", daemon=True)
    with _quick_switches:
        thread.start()
        try:
            yield Target(f"http://127.0.0.1:{bound}", journal, peers)
        finally:
            # In the loop's own thread: the loop would notice a call from outside a second late, or never while
            # clients stay connected.
            with contextlib.suppress(OSError):  # the loop has closed it already
                server.trigger.pull_trigger(partial(wasyncore.close_all, sockets))  # type: ignore[attr-defined]
            thread.join(timeout=10)
            server.task_dispatcher.shutdown()


def _listening(port: int) -> socket.socket:
    """Return a socket that listens on `port`; on a free one if another target, or another program, has taken it."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
    except OSError:
        return socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)


def in_pieces(app: "WSGIApplication") -> "WSGIApplication":
    """Return `app` with its answers in pieces, so that the server can stop between two of them."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        chunks = app(environ, start_response)
        try:
            for chunk in chunks:
                yield from (chunk[start : start + MOST_UNREAD] for start in range(0, len(chunk), MOST_UNREAD))
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    return application
