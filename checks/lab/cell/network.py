"""The network: a private loopback for the processes of one machine, with wires to a few of the grader's ports.

Processes that share a loopback share its ports, its abstract sockets, and what `/proc/net` tells about all their
connections. Machines share none of these.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial

from checks.lab.cell.kernel import enter_network, new_network

LOCAL = "127.0.0.1"
LOOK_EVERY = 0.1  # seconds between two looks of a wire whether a process listens at its other end
MOST_CALLS = 1000  # at a time; each takes two of the grader's open files
PIECE = 64 * 1024
OWN = "/proc/thread-self/ns/net"


class Network:
    """A private loopback, and wires from its ports to the same ports of the network that made it.

    A thread can change its network like a process. This class has one that does so: it opens ports and starts processes
    in the private network. It lives as long as the processes that it has started: bubblewrap's die with their thread.
    """

    def __init__(self, ports: Sequence[int], called: Callable[[int], None]) -> None:
        self._called = called
        self._calls = 0
        self._loop = asyncio.new_event_loop()
        self._here = os.open(OWN, os.O_RDONLY)
        self._there = -1
        made: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ports, made), name="network", daemon=True)
        self._thread.start()
        made.result()

    def run_there(self, start: "Callable[[], subprocess.Popen[bytes]]") -> "subprocess.Popen[bytes]":
        """Return the process that `start` starts, in the private network."""
        started: Future[subprocess.Popen[bytes]] = Future()

        def run() -> None:
            enter_network(self._there)
            try:
                started.set_result(start())
            except BaseException as error:  # noqa: BLE001 - the caller gets it
                started.set_exception(error)
            finally:
                enter_network(self._here)

        self._loop.call_soon_threadsafe(run)
        return started.result()

    def close(self) -> None:
        """Cut the wires."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for network in (self._here, self._there):
            os.close(network)

    def _run(self, ports: Sequence[int], made: "Future[None]") -> None:
        try:
            new_network()
            self._there = os.open(OWN, os.O_RDONLY)
            ends = [socket.socket() for _ in ports]
            for end, port in zip(ends, ports, strict=True):
                end.bind((LOCAL, port))
            enter_network(self._here)
        except OSError as error:
            made.set_exception(error)
            return
        made.set_result(None)
        wires = [self._loop.create_task(self._wire(end, port)) for end, port in zip(ends, ports, strict=True)]
        self._loop.run_forever()
        calls = asyncio.all_tasks(self._loop)
        for task in calls:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*wires, *calls, return_exceptions=True))
        for end in ends:
            end.close()
        self._loop.close()

    async def _wire(self, end: socket.socket, port: int) -> None:
        """Listen at `end` as soon as a process listens at the same port here; until then connections are refused."""
        while not await _answers(port):
            await asyncio.sleep(LOOK_EVERY)
        async with await asyncio.start_server(partial(self._connect, port), sock=end) as server:
            await server.serve_forever()

    async def _connect(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass data between a connection from the private network and `port` here, until both sides have closed."""
        self._calls += 1
        try:
            if self._calls <= MOST_CALLS:
                far_reader, far_writer = await asyncio.open_connection(LOCAL, port)
                self._called(far_writer.get_extra_info("sockname")[1])
                await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
                far_writer.close()
        except OSError:
            pass  # the listener has gone
        finally:
            self._calls -= 1
            writer.close()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Pass on everything that comes from `source`, and then its end."""
    with contextlib.suppress(OSError):
        while piece := await source.read(PIECE):
            sink.write(piece)
            await sink.drain()
    with contextlib.suppress(OSError):
        sink.write_eof()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOCAL, port)
    except OSError:
        return False
    writer.close()
    return True
