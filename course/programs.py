"""Programs: started in a process group of their own, waited for, and ended with their children."""

import contextlib
import http.client
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from course.ending import Stop, say, way_out
from course.system import INTERRUPT, TERMINATE, ask, kill, own_group

START_LIMIT = 60.0  # seconds until the pet shop and Locust must answer
END_LIMIT = 10.0  # seconds that a program gets to end after it was asked


@contextlib.contextmanager
def running(
    command: Sequence[object],
    cwd: Path | None = None,
    stdin: int | None = subprocess.DEVNULL,
    piped: bool = False,
    request: int = TERMINATE,
) -> Iterator[subprocess.Popen[bytes]]:
    """Yields a started program; however the block is left, the program and its children end.

    They get the signal `request` and END_LIMIT seconds to end, and then are killed.
    """
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        stdin=stdin,
        stdout=subprocess.PIPE if piped else None,
        stderr=subprocess.STDOUT if piped else None,
        **own_group(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            ask(process, request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_LIMIT)
        kill(process)
        process.wait()


def first_to_end(programs: Mapping[str, subprocess.Popen[bytes]]) -> tuple[str, int]:
    """Waits until one of the programs has ended and returns its name and status."""
    while True:
        for name, process in programs.items():
            status = process.poll()
            if status is not None:
                return name, status
        time.sleep(0.1)  # on Windows, Popen.wait() would ignore Ctrl-C


def wait_until_answering(name: str, process: subprocess.Popen[bytes], url: str) -> None:
    """Returns when the URL answers 200; raises Stop if the program ends first or takes too long."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy for loopback
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Stop(f"{name} ended with status {process.returncode} before it answered; its message is above.")
        with contextlib.suppress(OSError, http.client.HTTPException), opener.open(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise Stop(f"{name} has not answered at {url} for {START_LIMIT:.0f} s. Is the machine very busy? Try again.")


def step(command: Sequence[object], ways: Mapping[str, str]) -> None:
    """Runs one step of a set-up with its output in view; raises Stop with the way out if it fails."""
    lines = []
    with running(command, piped=True, request=INTERRUPT) as process:
        for line in process.stdout or ():
            lines.append(line.decode(errors="replace").rstrip())
            say(lines[-1])
        status = process.wait()
    if status:
        raise Stop(way_out("\n".join(lines), ways) or f"the set-up failed (status {status}); the reason is above.")
