"""A clean copy of the repository, and its workshop.py run as a user runs it."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Waits until the condition holds; fails the test if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def tracked_files() -> list[Path]:
    """Returns the files that a commit of the working tree would contain, relative to the root."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file()]


def launcher_files() -> list[Path]:
    """Returns the files that workshop.py needs to read a command line and start the command, relative to the root."""
    course = [path for path in tracked_files() if path.parts[0] == "course"]
    return [Path("workshop.py"), *course, Path("checks/__init__.py"), Path("checks/stages.py")]


class Run:
    """One started workshop.py: its process, and the output of it and its children."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def output(self) -> str:
        """Returns everything printed so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def said(self, text: str, seconds: float = 60) -> None:
        """Waits until the text was printed; fails if workshop.py ends before."""
        wait_for(lambda: text in self.output or self.process.poll() is not None, f"{text!r} in the output", seconds)
        assert text in self.output, self.output

    def ended(self) -> int:
        """Waits for the end and returns the status."""
        return self.process.wait(timeout=180)

    def programs(self) -> dict[str, psutil.Process]:
        """Returns its child processes by the module that they run, such as "locust"."""
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
                words = child.cmdline()
                found.update({words[words.index("-m") + 1]: child} if "-m" in words else {})
        return found


class Clone:
    """A copy of the workshop in a folder with a space in its name; its environment and temporary folder are its own."""

    def __init__(self, folder: Path, files: list[Path], **environment: str) -> None:
        self.path = folder / "a clone"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
        self.environment = {**inherited, "TMPDIR": str(self.temporary), **environment}
        self._runs = 0
        for file in files:
            (self.path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.path / file)

    @property
    def venv(self) -> Path:
        """Returns where the copy's .venv is or will be."""
        return self.path / ".venv"

    @property
    def python(self) -> Path:
        """Returns the Python of the copy's .venv."""
        return self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def packages(self) -> Path:
        """Returns the folder with the installed packages of .venv."""
        return next(self.venv.rglob("site-packages"))

    @contextlib.contextmanager
    def started(
        self, *words: str | Path, prefix: tuple[str | Path, ...] = (sys.executable,), **extra: str
    ) -> Iterator[Run]:
        """Starts workshop.py; at the end of the block, none of its processes is left running."""
        self._runs += 1
        output = self.temporary.parent / f"output-{self._runs}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*prefix, "workshop.py", *words],
                cwd=self.path,
                env={**self.environment, **extra},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Run(process, output)
        finally:
            if process.poll() is None:
                launcher = psutil.Process(process.pid)
                for left in [*launcher.children(recursive=True), launcher]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        left.kill()
            process.wait()

    def run(
        self, *words: str | Path, prefix: tuple[str | Path, ...] = (sys.executable,), **extra: str
    ) -> tuple[int, str]:
        """Runs workshop.py to its end; returns its status and all that was printed."""
        with self.started(*words, prefix=prefix, **extra) as run:
            return run.ended(), run.output
