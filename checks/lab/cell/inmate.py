"""A process that was started in a cell, with all its descendants: whether it lives, what it takes, how it ends."""

import contextlib
import json
import subprocess
import time

import psutil

from checks.lab.cell.usage import Usage, usage

PATIENCE = 10.0  # seconds for a killed process to be gone


class Inmate:
    """A process that was started in a cell, and the first process in its process namespace: all others end with it."""

    def __init__(self, process: "subprocess.Popen[bytes]", told: bytes) -> None:
        self._process = process
        self._started = time.monotonic()
        self._init: psutil.Process | None = None
        with contextlib.suppress(ValueError, KeyError, psutil.NoSuchProcess):  # a cell that has failed to start
            self._init = psutil.Process(json.loads(told)["child-pid"])

    @property
    def age(self) -> float:
        """The seconds since it was started."""
        return time.monotonic() - self._started

    def is_alive(self) -> bool:
        """Tell whether any of its processes may still run."""
        return self._process.returncode is None or bool(self._init and is_alive(self._init))

    @property
    def pids(self) -> list[int]:
        """The processes that exist before any line of a submission has run."""
        return [self._process.pid, *([self._init.pid] if self._init else [])]

    def usage(self) -> Usage:
        """Return what all its processes take together."""
        return usage(self._init.pid) if self._init else Usage()

    def end(self) -> None:
        """End all its processes; return when none is left."""
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._init:
                self._init.kill()
        if self._process.returncode is None:
            self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + PATIENCE
        while self._init and is_alive(self._init) and time.monotonic() < deadline:
            time.sleep(0.001)


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process is more than a zombie: the first one of a namespace dies after all the others."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
