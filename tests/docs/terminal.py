"""A terminal: a real shell on a pseudo-terminal, in which a test types and reads as a learner does."""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

CTRL_C = "\x03"
PROMPT = "ready> "


class Terminal:
    """A shell in a folder; `shown` is everything that it has shown since the last command was typed."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        settings = termios.tcgetattr(slave)
        settings[3] &= ~termios.ECHO  # typed text must not pass for output
        termios.tcsetattr(slave, termios.TCSANOW, settings)

        def take_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"],
            cwd=folder,
            env={**environment, "PS1": PROMPT, "TERM": "dumb", "COLUMNS": "200"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=take_terminal,
        )
        os.close(slave)
        self.shown = ""
        threading.Thread(target=self._read, daemon=True).start()
        self._wait(lambda: self.shown.endswith(PROMPT), "a prompt", 30)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with contextlib.suppress(OSError):  # the shell has ended
            while data := os.read(self._master, 65536):
                self.shown += decoder.decode(data).replace("\r", "")

    def _wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s\n{self.shown}"
            time.sleep(0.05)

    def start(self, text: str, until: str, seconds: float = 60) -> None:
        """Type commands, the last of which keeps running; wait until it shows `until`, a regular expression."""
        self.shown = ""
        os.write(self._master, f"{text.strip()}\n".encode())
        self._wait(lambda: bool(re.search(until, self.shown)), f"{until!r}", seconds)

    def run(self, text: str, seconds: float = 300) -> str:
        """Type commands, each after the previous one has ended; return what they show. The last has to succeed."""
        shown = ""
        for line in [*text.strip().splitlines(), 'echo "status=$?"']:  # a running program would read the next line
            self.start(line, rf"{PROMPT}$", seconds)
            shown += self.shown
        assert "status=0\n" in self.shown, shown
        return shown

    def interrupt(self, seconds: float = 30) -> str:
        """Press Ctrl-C and wait for the prompt; return all that was shown since the command was typed."""
        os.write(self._master, CTRL_C.encode())
        self._wait(lambda: self.shown.endswith(PROMPT), "the prompt after Ctrl-C", seconds)
        return self.shown

    def press(self, keys: str) -> None:
        """Press keys, which go to the running program."""
        os.write(self._master, keys.encode())

    def kill(self) -> None:
        """Kill the running program as `kill -9` does; return at the prompt."""
        for process in psutil.Process(self._shell.pid).children(recursive=True):
            process.kill()
        self._wait(lambda: self.shown.endswith(PROMPT), "the prompt after kill -9", 30)

    def close(self) -> None:
        """End the shell and everything that runs in it."""
        shell = psutil.Process(self._shell.pid)
        for process in [*shell.children(recursive=True), shell]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._shell.wait()
        os.close(self._master)


@contextlib.contextmanager
def terminals(folder: Path, environment: Mapping[str, str], count: int) -> Iterator[list[Terminal]]:
    """Yield some terminals in `folder`; everything that runs in them ends with the block."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            opened.append(Terminal(folder, environment))
            stack.callback(opened[-1].close)
        yield opened
