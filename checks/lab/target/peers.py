"""The peers: which process sent each request. The system knows, as long as the connection is open."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Peers:
    """Knows the processes that it has been told about, and which of them opened a request's port."""

    def __init__(self) -> None:
        self._processes: dict[str, psutil.Process] = {}
        self._names: dict[int, str] = {}
        self._lock = threading.Lock()

    def add(self, name: str, pid: int) -> None:
        """Watch a process and all its descendants under a name."""
        self._processes[name] = psutil.Process(pid)

    def note(self, name: str, port: int) -> None:
        """Record the name of the process whose connection has this port, told by the caller."""
        self._names[port] = name

    def name(self, port: int) -> str:
        """Return the name of the process whose connection has this port, or an empty string."""
        return self._names.get(port, "")

    def noting(self, app: "WSGIApplication") -> "WSGIApplication":
        """Return `app` with each new connection looked up before its first answer, while it is certainly still open."""

        def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            port = int(environ.get("REMOTE_PORT") or 0)
            if port not in self._names:
                with self._lock:
                    if port not in self._names:  # one look finds all the connections that are open
                        self._look()
            return app(environ, start_response)

        return application

    def _look(self) -> None:
        for name, root in list(self._processes.items()):
            try:
                family = [root, *root.children(recursive=True)]
            except psutil.Error:
                continue  # gone meanwhile
            for process in family:
                try:
                    connections = process.net_connections("tcp")
                except psutil.Error:
                    continue
                self._names.update({connection.laddr.port: name for connection in connections if connection.raddr})
