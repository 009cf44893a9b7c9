"""One grading as a process: its output is bounded, it ends politely, and its children end with it."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import IO, TypeVar

import psutil

from checks.stages import ROOT

T = TypeVar("T")
GRACE = 15.0  # seconds that an interrupted grading gets to end its Locust processes
MAX_LOG = 256 * 1024  # bytes that are kept from the beginning of a grading's output, and as many from its end


class Stopped(Exception):
    """The batch was interrupted."""


class Interrupt(threading.Event):
    """The moment at which all gradings end; `grace` is how many seconds they get if Ctrl-C has reached them as well."""

    grace = 0.0


def run(command: Sequence[str], log: Path, limit: float, stop: Interrupt) -> tuple[int, bool]:
    """Run a grading to its end or for `limit` seconds; return its status, and whether time ran out.

    Raises:
        Stopped: the batch was interrupted meanwhile.
    """
    if stop.is_set():
        raise Stopped
    deadline = time.monotonic() + limit
    # In the process group of the batch: a signal that ends the group ends the gradings as well.
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        listener = threading.Thread(target=keep, args=(process.stdout, log), daemon=True)
        listener.start()
        try:
            while process.poll() is None and time.monotonic() < deadline and not stop.wait(0.1):
                pass
            is_late = process.poll() is None and not stop.is_set()
        finally:
            end(process, stop.grace if stop.is_set() else 0)
            listener.join(GRACE)
    if stop.is_set():
        raise Stopped
    return process.returncode, is_late


def keep(output: IO[bytes], log: Path) -> None:
    """Write the beginning and the end of an output to a file and drop the rest, so that a flood can't fill the disk."""
    try:
        _keep(output, log)
    except OSError:  # a full disk: the missing report tells; the grading must not wait for a reader
        with contextlib.suppress(ValueError, OSError):
            while os.read(output.fileno(), 65536):
                pass


def _keep(output: IO[bytes], log: Path) -> None:
    left, last, length = MAX_LOG, b"", 0
    with log.open("wb") as file:
        with contextlib.suppress(ValueError):  # closed, since a process that outlived pytest still holds the other end
            while chunk := os.read(output.fileno(), 65536):
                file.write(chunk[:left])
                length += len(chunk[left:])
                last = (last + chunk[left:])[-MAX_LOG:]
                left = max(0, left - len(chunk))
        if length > len(last):
            file.write(f"\n... {length - len(last)} bytes are left out here ...\n".encode())
        file.write(last)


def end(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """End a grading that still runs: politely after `grace` seconds, so that it ends its Locusts; then by force."""
    for seconds, request in ((grace, None), (GRACE, signal.SIGINT)):
        if request and process.poll() is None:
            with contextlib.suppress(OSError, ValueError):  # Windows knows no polite way
                process.send_signal(request)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(psutil.NoSuchProcess):
        for left in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()


def completed(gradings: Iterable[Future[T]]) -> Iterator[Future[T]]:
    """Yield each grading as soon as it has ended; wakes up in between, since Windows would otherwise ignore Ctrl-C."""
    pending = list(gradings)
    while pending:
        done, _ = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        yield from (each for each in pending if each in done)
        pending = [each for each in pending if each not in done]
