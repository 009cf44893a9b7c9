"""The command line: serve the shop with waitress, which queues under load; a development server resets connections."""

import argparse
import contextlib
import errno
import http.client
import logging
import signal
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn
from wsgiref.types import WSGIApplication

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from . import create_app, errors, mystery
from .capacity import Capacity

BACKLOG = 4096
CONNECTION_LIMIT = 20_000
# Far above what the shop reads: a client that sends some megabytes too many gets an answer, not a closed connection.
MAX_REQUEST_BYTES = 64 * 1024 * 1024
# Seconds that a thread keeps Python to itself. With Python's default of 5 ms, a thread that reads rows of SQLite gives
# way to the server's busy loop at each row, and waits 5 ms: 200 users got 101 answers a second, against 335 with 0.1
# ms.
SWITCH_INTERVAL = 0.0001


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; return the exit status: 0, or 1 if the port or the database can't be used."""
    options = parse(arguments)
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        return fail(why_not_listening(error, options.host, options.port))
    with listener, contextlib.ExitStack() as stack:
        if options.mystery:
            options.database = stack.enter_context(passing_database())
            print("Mystery shop: it forgets its pets when it ends, so restart it before each run", flush=True)
        try:
            app = create_app({"DATABASE": options.database} if options.database else None)
        except (OSError, sqlite3.Error) as error:
            path = options.database or "in petshop_app/instance"
            return fail(f"Can't use the database file {path}: {error}. Name another one: --database FILE")
        stack.callback(app.extensions["petshop_db"])
        threads = options.threads
        if options.capacity:
            # At least twice as many threads as seats, so that each seat's next request is reserved before the seat is
            # free.
            threads = max(threads, 2 * options.capacity + 8)
            app.wsgi_app = Capacity(app.wsgi_app, options.capacity, options.work_ms)  # type: ignore[method-assign]
        serve(app, listener, threads)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; a bad one ends the process with status 2 and a line that names it."""
    parser = argparse.ArgumentParser(prog="petshop_app", description="The pet shop: the application under load.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=whole(0, 65535), default=5000, help="0: any free one (default: %(default)s)")
    parser.add_argument("--database", type=Path, metavar="FILE", help="SQLite file (default: in petshop_app/instance)")
    parser.add_argument("--threads", type=whole(1, 1000), default=8, help="requests at work (default: %(default)s)")
    known = parser.add_argument_group("known capacity", "A shop that answers N * 1000 / M requests/s and no more.")
    known.add_argument("--capacity", type=whole(1, 500), metavar="N", help="seats; there are threads enough for them")
    known.add_argument("--work-ms", type=whole(1, 60_000), metavar="M", help="time that each request takes its seat")
    known.add_argument(
        "--mystery", type=mystery_limits, metavar="YOURNAME", help="a capacity for you to find, on a fresh database"
    )
    options = parser.parse_args(arguments)
    if options.mystery and (options.capacity or options.work_ms or options.database):
        parser.error("--mystery chooses capacity and database by itself: leave out --capacity, --work-ms, --database")
    if options.mystery:
        options.capacity, options.work_ms = options.mystery
    if (options.capacity is None) != (options.work_ms is None):
        parser.error("--capacity and --work-ms go together: give both or neither")
    return options


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`, for argparse."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
            raise argparse.ArgumentTypeError(f"give a whole number from {low} to {high}, not {text!r}")
        return int(text)

    return read


def mystery_limits(name: str) -> mystery.Limits:
    """Read a name for argparse, and return the capacity that belongs to it."""
    try:
        return mystery.limits(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that already listens there.

    Raises:
        OSError: the port is taken, or this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # Not waitress's own socket: it sets SO_REUSEADDR on Windows, too, where two servers would then silently share
        # a port.
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except UnicodeError:  # from names such as ".."
        raise OSError(errno.EADDRNOTAVAIL, "not a host name") from None


@contextlib.contextmanager
def passing_database() -> Iterator[Path]:
    """Yield a database file that is removed after the block, since an earlier run's pets would slow the dashboard."""
    with tempfile.TemporaryDirectory(prefix="petshop-", ignore_cleanup_errors=True) as folder:
        yield Path(folder, "petshop.sqlite3")


def why_not_listening(error: OSError, host: str, port: int) -> str:
    """Return one line that says why nothing listens, and the way out."""
    if error.errno == errno.EADDRINUSE and is_shop(host, port):
        return (
            f"Port {port} is taken by a pet shop that is open already. Use that one, or end it with Ctrl-C in its "
            f"terminal. For a second shop beside it: --port {port + 1 if port < 65535 else 5001}"
        )
    if error.errno == errno.EADDRINUSE:
        culprit = "another program (on macOS: AirPlay Receiver)" if port == 5000 else "another program"
        return f"Port {port} is taken by {culprit}. Choose another one: --port {port + 1 if port < 65535 else 5001}"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used here. Choose another one: --port 5001"
    reason = str(error.strerror).partition(" (while")[0]
    return f"Can't listen on {host}: {reason}. Choose an address of this machine: --host 127.0.0.1"


def is_shop(host: str, port: int) -> bool:
    """Tell whether a pet shop answers there: usually the user's own, in another terminal."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    contract = Path(__file__).with_name("openapi.json").read_bytes()
    connection = http.client.HTTPConnection(reachable, port, timeout=2)
    try:
        connection.request("GET", "/openapi.json")
        return connection.getresponse().read(len(contract) + 1) == contract
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def fail(reason: str) -> int:
    """Say why the shop does not open, and return the exit status for it."""
    print(reason, file=sys.stderr)
    return 1


def serve(app: WSGIApplication, listener: socket.socket, threads: int) -> None:
    """Answer on `listener` until Ctrl-C or SIGTERM."""
    # The course wants a queue, but waitress would log a line for each request that waits.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        server = create_server(
            app,
            sockets=[listener],
            threads=threads,
            backlog=BACKLOG,
            connection_limit=room_for_connections(threads),
            max_request_body_size=MAX_REQUEST_BYTES,
            asyncore_use_poll=True,
        )
        server.channel_class = Channel  # type: ignore[union-attr]  # one socket: one server
        print(f"Pet shop on {url(listener)} (Ctrl-C ends it)", flush=True)
        server.run()
    except KeyboardInterrupt:
        pass


def stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """End the server; waitress lets requests at work finish, 5 s at most."""
    # Its warnings about requests that were still waiting don't help a user who has just pressed Ctrl-C.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    raise KeyboardInterrupt


def url(listener: socket.socket) -> str:
    """Return an address that a browser on this machine can open."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def room_for_connections(threads: int) -> int:
    """Raise the limit on open files, 256 or 1024 on many systems; return how many connections fit below it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return CONNECTION_LIMIT
    reserve = 50 + 4 * threads  # each running request holds the database file, its WAL and a spare or two
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some versions of macOS allow only 10240, though they report an infinite hard limit.
    for wanted in (CONNECTION_LIMIT + reserve, 10_240):
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            break
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    # Beyond it, waitress leaves newcomers in the listen queue; without it, it would spin on "too many open files".
    return CONNECTION_LIMIT if soft == resource.RLIM_INFINITY else max(10, min(CONNECTION_LIMIT, soft - reserve))


class JsonErrorTask(ErrorTask):
    """Requests that waitress itself refuses (malformed HTTP, a far too large body), in the shop's one error shape."""

    def execute(self) -> None:
        """Answer and close the connection, since nobody knows where the next request would begin."""
        error = self.request.error  # type: ignore[attr-defined]  # the stubs take the request for its error
        # By the standard, an unknown transfer coding is a 501, but the request is at fault, not the shop.
        status = "400 Bad Request" if error.code == 501 else f"{error.code} {error.reason}"
        body = errors.body(
            error.reason.upper().replace(" ", "_"), f"This is not HTTP that the shop reads: {error.body}"
        )
        self.status = status
        self.response_headers = [("Content-Type", "application/json")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    """A connection whose refusals are JSON."""

    error_task_class = JsonErrorTask
