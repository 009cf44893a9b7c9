"""Ports of 127.0.0.1: which one is free, and which demo may choose."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator

from course.ending import Stop, say
from course.programs import START_LIMIT

TURN_PORT = 49571  # the demo that is choosing its ports binds it, but never listens on it


def free_port(name: str, wanted: int) -> int:
    """Returns the wanted port of 127.0.0.1, or the next free one, and says so."""
    for port in range(wanted, wanted + 100):
        if is_free(port):
            if port != wanted:
                say(f"Port {wanted} is taken: {name} uses {port}.")
            return port
    raise Stop(f"{name} finds no free port from {wanted} to {wanted + 99}: end the programs that hold them.")


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """Lets one demo at a time choose its ports: they look free to the next demo until its programs listen."""
    with socket.socket() as place:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                place.bind(("127.0.0.1", TURN_PORT))  # the system frees it, however this process ends
                break
            time.sleep(0.1)
        yield


def is_free(port: int) -> bool:
    """Tells whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as client:
        client.settimeout(1)
        if client.connect_ex(("127.0.0.1", port)) == 0:  # macOS lets two programs bind 5000: *:5000 and 127.0.0.1:5000
            return False
    with socket.socket() as server:
        if os.name == "posix":  # otherwise a port would count as taken just after its server has ended
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
