"""The cell: where a submission's processes run. Practice mode: portable, tidy, but no defence against malice.

Exam mode's cell is in `bubblewrap`.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil

MARK = "LAB_CELL"  # names the cell in the environment of each of its processes, however far they have forked away
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "PATHEXT", "COMSPEC")
GIB = 1024**3
LIMITS = {"RLIMIT_AS": 8 * GIB, "RLIMIT_FSIZE": GIB // 16, "RLIMIT_CPU": 600, "RLIMIT_CORE": 0}


class Cell:
    """A fresh home, an empty working directory, a short environment; all of it goes, with its processes, at the end."""

    has_own_network = False

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self.root = self._make_root().resolve()
        self.work = self.root / "work"
        self.home = self.root / "home"
        self.home.mkdir()
        self.work.mkdir()

    @property
    def broken(self) -> str:
        """The limit of exam mode for which its processes were ended; empty if they have kept all limits."""
        return ""

    def _make_root(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="lab-"))

    def __enter__(self) -> "Cell":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def start(
        self,
        arguments: Sequence[str],
        output: IO[bytes],
        told: Path | None = None,  # noqa: ARG002 - for the cell of exam mode
    ) -> "subprocess.Popen[bytes]":
        """Start Python on `arguments` in the cell; its standard input is a pipe that ends when the grader does.

        Its output reaches `output` at once, as it would reach a terminal. `told` is a file in which it tells the
        grader something: exam mode lets it write no other file outside its folders.
        """
        process = subprocess.Popen(
            self.command(arguments),
            cwd=self.work,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _limit(process.pid)
        return process

    def elsewhere(self, ports: Sequence[int], called: Callable[[int], None]) -> "Cell":  # noqa: ARG002 - for exam mode
        """Return a cell that plays another machine. In practice mode it has folders of its own, but the same network.

        In exam mode it reaches only `ports`; `called` gets the grader's own port of each connection that it opens.
        """
        return Cell()

    def command(self, arguments: Sequence[str]) -> list[str]:
        """Return the command that runs Python on `arguments`."""
        return [sys.executable, "-I", "-B", "-u", "-X", "utf8", *arguments]

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process of the cell at once, and all its descendants."""
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(process.pid)
            for one in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
        process.wait()

    def _environment(self) -> dict[str, str]:
        home = str(self.home)
        return {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            **dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), home),
            MARK: self._id,
        }

    def close(self) -> None:
        """End every process of the cell and remove its files."""
        for _ in range(10):  # a process may fork while the others are being ended
            processes = self._processes()
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, timeout=5)
            if not processes:
                break
        shutil.rmtree(self.root, ignore_errors=True)

    def _processes(self) -> list[psutil.Process]:
        """Return the processes that carry the cell's mark, including daemons."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self._id and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue  # gone meanwhile, or another user's
        return found


def _limit(pid: int) -> None:
    """Limit memory, file size and CPU seconds, if the system can do so from outside (Linux)."""
    for name, value in LIMITS.items():
        if hasattr(psutil, name):
            with contextlib.suppress(psutil.Error):
                psutil.Process(pid).rlimit(getattr(psutil, name), (value, value))
