"""The target: a WSGI application served on loopback inside the grader, which is how the grader knows what happened."""

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from waitress import wasyncore
from waitress.server import TcpWSGIServer, create_server

from checks.lab.journal import Journal, journaled
from checks.lab.peers import Peers
from checks.lab.verdict import Inconclusive

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 16
# Seconds that a thread keeps Python to itself. With Python's own 5 ms, a thread that reads rows of SQLite gives way at
# each row to the busy loop of the server, and waits 5 ms: 600 requests of 200 users took 5 to 12 s, with 0.1 ms one.
SWITCH_INTERVAL = 0.0001
# What a connection holds of an answer that its client does not read, in memory. The thread that answers waits with the
# rest, so all connections together hold a few answers, and a flood fills neither memory nor disk.
MOST_UNREAD = 128 * 1024
MOST_BODY = 256 * 1024  # of a request; what does not fit into memory, the server would write to a file


@dataclass(frozen=True)
class Target:
    """A served application: its address and what it saw."""

    url: str
    journal: Journal
    peers: Peers | None = None  # who knows which process a request came from, where that was asked for


@contextmanager
def serve(app: "WSGIApplication", threads: int = THREADS, peers: Peers | None = None) -> Iterator[Target]:
    """Serve `app` on a free port of 127.0.0.1 until the block ends; `Inconclusive` where no port can be had.

    `peers`, where given, learns which process each request comes from.
    """
    journal = Journal()
    sockets: dict[int, Any] = {}
    # A browser tab that hangs about must not fill the log of a verdict.
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    try:
        server = create_server(
            in_pieces(journaled(peers.noting(app) if peers else app, journal)),
            map=sockets,
            host="127.0.0.1",
            port=0,
            threads=threads,
            backlog=4096,
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
    _, port = server.getsockname()
    thread = threading.Thread(target=server.run, name="target", daemon=True)
    switch_interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    thread.start()
    try:
        yield Target(f"http://127.0.0.1:{port}", journal, peers)
    finally:
        # In the loop's own thread: from outside it is heard a second late, and never while a client stays connected.
        with contextlib.suppress(OSError):  # the loop has closed it already
            server.trigger.pull_trigger(partial(wasyncore.close_all, sockets))  # type: ignore[attr-defined]
        thread.join(timeout=10)
        server.task_dispatcher.shutdown()
        sys.setswitchinterval(switch_interval)


def in_pieces(app: "WSGIApplication") -> "WSGIApplication":
    """Return `app` with its answers cut up, so that the server can stop between two pieces."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        chunks = app(environ, start_response)
        try:
            for chunk in chunks:
                yield from (chunk[start : start + MOST_UNREAD] for start in range(0, len(chunk), MOST_UNREAD))
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    return application
