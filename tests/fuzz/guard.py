"""The guard: makes each call in a process of its own, bounded in time and memory, and tells how it ended.

`python -m tests.fuzz.guard` is the other end: it has loaded the code to call, and forks for each call. It reads each
question as a line of JSON from standard input, and answers with another line.
"""

import contextlib
import faulthandler
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from checks.stages import ROOT
from tests.fuzz.recipes import Recipe, make

MIB = 1024**2
HEADROOM = 3 * 1024 * MIB  # of memory: the system ends a call that takes more, before other processes suffer
PATIENCE = 60.0  # seconds for a call that uses no CPU: it may have to wait on a busy machine
MOST_SAID = 2_000


@dataclass(frozen=True)
class Limits:
    """What a call may take: seconds of CPU, and MiB of memory on top of what its process began with."""

    seconds: float = 3.0
    megabytes: int = 256


@dataclass(frozen=True)
class Ending:
    """How a call ended; `complaint` is empty if nothing was wrong, `place` tells two complaints of a kind apart."""

    complaint: str = ""
    place: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


class Guard:
    """A process that makes calls for this one. `with_locust` says that it loads Locust.

    Files are made below `place`, by default in the folder for temporary files.
    """

    def __init__(self, *, with_locust: bool = False, place: Path | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=place))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.guard", str(self._folder), *(["locust"] * with_locust)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            text=True,
        )

    def __enter__(self) -> "Guard":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def call(self, target: str, recipe: Recipe) -> Ending:
        """Call a target with a recipe; return how the call ended."""
        ear, mouth = self._process.stdout, self._process.stdin
        assert ear
        assert mouth
        mouth.write(json.dumps([target, recipe]) + "\n")
        mouth.flush()
        if not (answer := ear.readline()):
            raise RuntimeError("the guard has ended")
        return Ending(**json.loads(answer))

    def close(self) -> None:
        """End the process; a running call ends by its own limits."""
        self._process.kill()
        self._process.communicate()
        remove(self._folder)
        remove(self._folder)


# --- the other end


def main(words: list[str]) -> None:
    """Answer each line of standard input."""
    from tests.fuzz.targets import TARGETS, Call

    place, *more = words
    if more:
        os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"  # gevent would collect the children that this process waits for
        import locust.argument_parser  # noqa: F401

        del os.environ["LOCUST_SKIP_MONKEY_PATCH"]

    for line in sys.stdin:
        name, recipe = json.loads(line)
        print(json.dumps(asdict(_guarded(TARGETS[name], Call, recipe, place))), flush=True)


def _guarded(target: Any, call: Any, recipe: Recipe, place: str) -> Ending:
    root = Path(tempfile.mkdtemp(dir=place))
    try:
        for name in ("in", "out", "tmp"):
            (root / name).mkdir()
        made = forked(lambda: make(recipe, root / "in"), Limits(60, 2048))
        if made.complaint:  # too much data, by chance: it says nothing about the target
            return Ending()
        return forked(lambda: target(call(recipe, root)), target.limits)
    finally:
        remove(root)


def remove(folder: Path) -> None:
    """Remove a folder, however deep it is."""
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(folder)
    if folder.exists():  # it is deeper than Python can go
        subprocess.run(["rm", "-rf", str(folder)], check=False)


def forked(do: Any, limits: Limits) -> Ending:
    """Make a call in a child of this process; return how it ended."""
    before = _resident()
    ear, mouth = os.pipe()
    child = os.fork()
    if not child:
        os.close(ear)
        _live(do, limits, mouth)
    os.close(mouth)
    with os.fdopen(ear, "rb") as heard:
        said = _listen(heard, time.monotonic() + PATIENCE)
    if said is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # the processes that it has left behind
    seconds, megabytes = used.ru_utime + used.ru_stime, max(0.0, used.ru_maxrss / 1024 - before)
    complaint, place = _judged(said, status, seconds, megabytes, limits)
    return Ending(complaint, place, round(seconds, 3), round(megabytes, 1))


def _live(do: Any, limits: Limits, mouth: int) -> None:
    """Make the call, say how it ended, and die."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):  # questions and answers are not for this process
        os.dup2(nowhere, number)
    sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    most = round(limits.seconds)
    faulthandler.register(signal.SIGXCPU, file=mouth, all_threads=False, chain=True)  # it reports the place, and dies
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + HEADROOM, size + HEADROOM))
    said: tuple[str, str] = ("", "")
    try:
        do()
    except BaseException as error:  # noqa: BLE001 - it is here to catch everything
        said = f"{type(error).__name__}: {error}"[:MOST_SAID], _place(error)
    os.write(mouth, json.dumps(said).encode())
    os._exit(0)


def _place(error: BaseException) -> str:
    """Return the innermost line of the course that an exception went through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if str(ROOT) in frame.filename]
    own = [frame for frame in frames if frame.name not in ("_require", "_live")]
    return f"{Path(own[-1].filename).name}:{own[-1].name}" if own else ""


def _listen(heard: IO[bytes], deadline: float) -> bytes | None:
    """Return everything that comes until the other end is closed; None if time runs out first."""
    said = b""
    while (left := deadline - time.monotonic()) > 0:
        if select.select([heard], [], [], left)[0]:
            chunk = os.read(heard.fileno(), 65536)
            if not chunk:
                return said
            said += chunk
    return None


def _judged(said: bytes | None, status: int, seconds: float, megabytes: float, limits: Limits) -> tuple[str, str]:
    number = -os.waitstatus_to_exitcode(status)
    if number == signal.SIGXCPU or seconds > limits.seconds:
        return f"took {seconds:.1f} s of CPU, and {limits.seconds:.0f} s are granted", _interrupted(said or b"")
    if said is None:
        return f"did not end within {PATIENCE:.0f} s", "hang"
    if number > 0 or not said:
        return f"died of signal {number}", "death"
    complaint, place = json.loads(said)
    if megabytes > limits.megabytes:
        return f"took {megabytes:.0f} MB, more than {limits.megabytes} MB; {complaint}", "memory"
    return complaint, place


def _interrupted(trace: bytes) -> str:
    """Return the innermost line of the course in a faulthandler trace, which begins with the innermost frame."""
    found = re.search(
        rf'File "{re.escape(str(ROOT))}/(?:\S*/)?(\S+)", line \d+ in (\w+)', trace.decode(errors="replace")
    )
    return f"{found[1]}:{found[2]}" if found else "time"


def _resident() -> float:
    """Return the MiB that this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / MIB


if __name__ == "__main__":
    main(sys.argv[1:])
