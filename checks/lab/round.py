"""The round: grades one submission or many, each in a pytest process of its own, and goes on where it was interrupted.

`python -m checks.lab.round PATH... --out DIR` is what `workshop.py grade` starts.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeVar

import psutil

from checks.lab.report import MODES, versions, write_whole
from checks.lab.summary import FILES, Line, write_summary
from checks.lab.verdict import plain

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
LIMIT = 600.0  # seconds for each stage that is graded: many times what the slowest answer takes on a busy machine
GRACE = 15.0  # seconds that an interrupted grading gets to end its Locust processes
GROUP_GRACE = 6.0  # Ctrl-C reaches all processes of a terminal: who has heard it must not hear it twice
MAX_LOG = 256 * 1024  # bytes kept of the beginning of a grading's output, and as many of its end
TAIL = 12  # lines shown where there is no score
MAX_HASHED = 64 * 1024 * 1024  # bytes of a file; of a longer one, size and time tell whether it has changed
VERDICTS = (0, 1, 6)  # the statuses of a grading that came to its end
BROKEN = 3  # pytest's own status for an internal error, for all others
STAMP = "grading.json"  # written last: a grading without it is not finished
GRADER, CODE = ("checks", "petshop_app", "jsonplaceholder_task"), {".py", ".sql", ".json", ".csv"}
LOG = "grading.log"
KEPT = ("report.json", "report.html", "junit.xml", LOG)


@dataclass(frozen=True)
class Options:
    """What a round was asked for: the stage (empty: all of them), and how it is graded."""

    out: Path
    stage: str = ""
    jobs: int = 1
    mode: str = "practice"
    seed: int | None = None
    again: bool = False
    limit: float = LIMIT
    here: Path = field(default_factory=Path.cwd)  # where the user stands, who need not see what all paths begin with

    def shown(self, path: Path) -> str:
        """Return a path as short as the user would type it."""
        with contextlib.suppress(ValueError):
            path = path.relative_to(self.here)
        return plain(str(path)).replace("\n", "?")

    def checks(self) -> list[Path]:
        """Return the check files that grade what was asked for."""
        return sorted((ROOT / "checks").glob(f"test_{self.stage or '*'}.py"))


@dataclass(frozen=True)
class Grading:
    """How one submission's grading ended."""

    status: int
    seconds: float
    fingerprint: str
    reason: str = ""  # why there is no verdict
    is_late: bool = False
    is_second: bool = False  # it was inconclusive first
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether another try would say the same."""
        return self.is_late or bool(self.report and not is_inconclusive(self.report))


class Stopped(Exception):
    """The round was interrupted."""


class Round:
    """The gradings of one command."""

    def __init__(self, paths: Sequence[Path], options: Options) -> None:
        self._options = options
        self._paths = dict(zip(folders(paths, options.out), paths, strict=True))
        self._lines: dict[Path, Line] = {}
        self._stop = threading.Event()
        self.grace = GROUP_GRACE

    def run(self) -> int:
        """Grade what is not graded yet, a line for each; return one exit status for all."""
        self._options.out.mkdir(parents=True, exist_ok=True)
        sweep(self._options.out)
        statuses = []
        with ThreadPoolExecutor(self._options.jobs) as pool:
            gradings = {pool.submit(self._grading, path, folder): folder for folder, path in self._paths.items()}
            try:
                for done in completed(gradings):
                    statuses.append(self._tell(gradings[done], done))
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                say(f"Interrupted after {len(self._lines)} of {len(self._paths)}; the same command goes on from here.")
                raise
        say(f"\nSummary: {self._options.shown(self._options.out / 'summary.html')}")
        return worst(statuses)

    def _grading(self, path: Path, folder: Path) -> tuple[Grading, bool]:
        """Return how a submission's grading ended, and whether that was in an earlier round."""
        try:
            fingerprint = self._fingerprint(path)
            if not self._options.again and (earlier := finished(folder, fingerprint)):
                return earlier, True
            return self._anew(path, folder, fingerprint), False
        except OSError as error:  # one that can't be read is no reason to stop the others
            return Grading(BROKEN, 0, "", plain(str(error))), False

    def _anew(self, path: Path, folder: Path, fingerprint: str) -> Grading:
        """Grade a submission, a second time where the first was inconclusive."""
        (folder / STAMP).unlink(missing_ok=True)  # an old score must not pass for a new one
        grading = self._graded(path, folder, fingerprint)
        if not grading.is_final and grading.report:
            grading = replace(self._graded(path, folder, fingerprint), is_second=True)
        if grading.is_final:
            write_whole(folder / STAMP, json.dumps({**asdict(grading), "report": {}}) + "\n")
        return grading

    def _fingerprint(self, path: Path) -> str:
        """Return what a verdict depends on: while it stays the same, so does a finished report."""
        options = self._options
        facts = [content(path), options.stage, options.seed, options.mode, grader(), versions()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _graded(self, path: Path, folder: Path, fingerprint: str) -> Grading:
        """Grade a submission in a fresh folder; what comes of it takes the place of an earlier report."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f".grading-{os.getpid()}-", dir=self._options.out) as fresh:
            status, is_late = self._run(self._command(path, Path(fresh)), Path(fresh) / LOG)
            has_verdict = status in VERDICTS and not is_late
            folder.mkdir(exist_ok=True)
            for name in KEPT:
                (folder / name).unlink(missing_ok=True)
                if Path(fresh, name).exists() and (has_verdict or name == LOG):
                    Path(fresh, name).replace(folder / name)
        seconds, report = round(time.monotonic() - started, 1), read_json(folder / "report.json")
        if report:
            return Grading(status, seconds, fingerprint, report=report)
        ending = f"it did not end within {self._limit:.0f} s" if is_late else f"pytest ended with status {status}"
        return Grading(BROKEN, seconds, fingerprint, ending, is_late)

    @property
    def _limit(self) -> float:
        return self._options.limit * len(self._options.checks())

    def _command(self, path: Path, folder: Path) -> list[str]:
        """Return the command that grades one submission: plain pytest, or pytest in exam mode."""
        options = self._options
        return [
            *(sys.executable, "-m", "checks.lab.exam" if options.mode == "exam" else "pytest"),
            *("-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider"),
            *map(str, options.checks()),
            *(f"--submission={path.resolve()}", f"--report={folder}"),
            *([f"--seed={options.seed}"] if options.seed is not None else []),
        ]

    def _run(self, command: list[str], log: Path) -> tuple[int, bool]:
        """Run a grading to its end or its limit; return its status, and whether it was too late.

        Raises:
            Stopped: the round was interrupted meanwhile.
        """
        if self._stop.is_set():
            raise Stopped
        deadline = time.monotonic() + self._limit
        # In the group of the round: who ends that ends the gradings as well.
        with subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            listener = threading.Thread(target=keep, args=(process.stdout, log), daemon=True)
            listener.start()
            try:
                while process.poll() is None and time.monotonic() < deadline and not self._stop.wait(0.1):
                    pass
                is_late = process.poll() is None and not self._stop.is_set()
            finally:
                end(process, self.grace if self._stop.is_set() else 0)
                listener.join(GRACE)
        if self._stop.is_set():
            raise Stopped
        return process.returncode, is_late

    def _tell(self, folder: Path, done: "Future[tuple[Grading, bool]]") -> int:
        """Print what came of a grading, and put it into the summary."""
        grading, is_kept = done.result()
        path, mode = self._options.shown(self._paths[folder]), self._options.mode
        line = Line(path, folder.name, grading.report, grading.reason, grading.seconds, mode)
        self._lines[folder] = line
        write_summary(self._options.out, [self._lines[each] for each in self._paths if each in self._lines])
        how = "kept, nothing has changed since" if is_kept else f"{grading.seconds:.0f} s"
        twice = ", inconclusive at first and graded again" * grading.is_second
        say(f"{len(self._lines)} of {len(self._paths)}  {line.path}: {line.score} ({how}{twice})")
        if grading.reason:
            for words in tail(folder / LOG):
                say(f"    | {words}")
        return grading.status


# --- one grading


def keep(output: IO[bytes], log: Path) -> None:
    """Write the beginning and the end of an output to a file, and let the rest go: a flood fills no disk."""
    left, last, length = MAX_LOG, b"", 0
    with log.open("wb") as file:
        with contextlib.suppress(ValueError):  # closed, as a process that outlived pytest still holds the other end
            while chunk := os.read(output.fileno(), 65536):
                file.write(chunk[:left])
                length += len(chunk[left:])
                last = (last + chunk[left:])[-MAX_LOG:]
                left = max(0, left - len(chunk))
        if length > len(last):
            file.write(f"\n... {length - len(last)} bytes are left out here ...\n".encode())
        file.write(last)


def end(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """End a grading that still runs: after `grace` seconds politely, so that it ends its Locusts, then all of it."""
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
    """Yield each grading as soon as it has ended; wakes up in between, as Windows would be deaf to Ctrl-C."""
    pending = set(gradings)
    while pending:
        done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        yield from done


def sweep(out: Path) -> None:
    """Remove what a killed round has left."""
    for left in out.glob(".grading-*-*"):
        pid = left.name.split("-")[1]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def is_inconclusive(report: dict[str, Any]) -> bool:
    """Tell whether a second try may give a fairer verdict."""
    return any(
        criterion["outcome"] == "inconclusive" for stage in report["stages"].values() for criterion in stage["criteria"]
    )


# --- what has been done already


def finished(folder: Path, fingerprint: str) -> Grading | None:
    """Return the grading that an earlier round has finished for the same fingerprint."""
    stamp = read_json(folder / STAMP)
    if stamp.get("fingerprint") != fingerprint:
        return None
    grading = Grading(**{**stamp, "report": read_json(folder / "report.json")})
    return grading if grading.is_final else None


def read_json(file: Path) -> dict[str, Any]:
    """Return what a JSON file holds, nothing where there is none."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(file.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def content(path: Path) -> str:
    """Return a hash of a submission's files; links are not followed, devices not opened."""
    digest = hashlib.sha256()
    for file in sorted(_files(path)):
        status = file.lstat()
        digest.update(
            f"{os.fsencode(file.relative_to(path))!r} {stat.S_IFMT(status.st_mode)} {status.st_size} ".encode()
        )
        if stat.S_ISLNK(status.st_mode):
            digest.update(os.fsencode(os.readlink(file)))  # noqa: PTH115 - readlink of Path fails on odd names
        elif stat.S_ISREG(status.st_mode) and status.st_size <= MAX_HASHED:
            digest.update(file.read_bytes())
        else:
            digest.update(str(status.st_mtime_ns).encode())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    for place, names, files in os.walk(path):
        names[:] = [name for name in names if not name.startswith((".", "__pycache__"))]
        yield from (Path(place, name) for name in files)


@cache
def grader() -> str:
    """Return a hash of what judges: a verdict of another grader is no verdict of this one."""
    digest = hashlib.sha256()
    for file in sorted(file for folder in GRADER for file in (ROOT / folder).rglob("*") if file.suffix in CODE):
        digest.update(file.read_bytes())  # not all that lies there: a shop leaves its database behind
    return digest.hexdigest()


def folders(paths: Sequence[Path], out: Path) -> list[Path]:
    """Return a folder for each submission's report: OUT/NAME, and OUT/NAME-2 where a name comes again."""
    taken, found = {name.casefold() for name in FILES}, []  # macOS and Windows take Ann and ann for the same
    for path in paths:
        name, count = path.resolve().name or "submission", 1
        while (numbered := name if count == 1 else f"{name}-{count}").casefold() in taken:
            count += 1
        taken.add(numbered.casefold())
        found.append(out / numbered)
    return found


def worst(statuses: Sequence[int]) -> int:
    """Return one status for many: that of a broken run, else 1 for failed, 6 for inconclusive, 0."""
    return next((status for status in (BROKEN, 1, 6) if status in statuses), 0)


# --- the command


def say(line: str) -> None:
    """Print a line now."""
    print(line, flush=True)


def tail(log: Path) -> list[str]:
    """Return the last lines of a log, fit for a terminal."""
    with contextlib.suppress(OSError):
        return [plain(line, 160) for line in log.read_text("utf-8", "replace").splitlines()[-TAIL:]]
    return []


def objection_to(path: Path, folder: Path, options: Options) -> str:
    """Return why a submission can't be graded as it was asked for; empty where it can."""
    if path.resolve() in (folder, *folder.parents):
        return "its report would lie among its own files; choose another --out."
    stages = {file.stem.removeprefix("test_") for file in options.checks()}
    names = {path.resolve().name, *(each.name for each in path.iterdir())} if path.is_dir() else set()
    is_single = path.suffix == ".py" or (path.is_dir() and not names & stages)
    if is_single and not options.stage:  # judged by all stages, it would fail in those that it does not answer
        return "which stage does it answer? Say so with --task NN, or --task jsonplaceholder."
    return ""


def options(words: Sequence[str] | None = None) -> tuple[list[Path], Options]:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m checks.lab.round", description=__doc__, allow_abbrev=False)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--out", type=Path, default=Path("report"), metavar="DIR")
    parser.add_argument("--stage", default="", help="one stage only, by its full name")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--mode", choices=MODES, default=MODES[0])
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--here", type=Path, default=Path.cwd(), metavar="DIR", help="show paths as seen from there")
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="SECONDS", help="for each stage that is graded")
    found = vars(parser.parse_args(words))
    paths = found.pop("paths")
    return paths, Options(**{**found, "out": found["out"].resolve()})


def main() -> int:
    """Grade what the command line names."""
    paths, wanted = options()
    if not wanted.checks():
        say(f"there is no check for {wanted.stage} yet.")
        return 1
    paths = [path for path in paths if path.resolve() != wanted.out]  # DIR/* comes to DIR/report the second time
    for path, folder in zip(paths, folders(paths, wanted.out), strict=True):
        if objection := objection_to(path, folder, wanted):
            say(f"{wanted.shown(path)}: {objection}")
            return 1
    round = Round(paths, wanted)

    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]

    def stop(number: int, _frame: object) -> None:
        for each in signals:  # one is enough; the tidying up is not to be disturbed
            signal.signal(each, signal.SIG_IGN)
        round.grace = GROUP_GRACE if number == signal.SIGINT else 0
        raise KeyboardInterrupt

    for number in signals:
        if signal.getsignal(number) != signal.SIG_IGN:  # what nohup ignores stays ignored
            signal.signal(number, stop)
    try:
        return round.run()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        say(f"The reports can't be written: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
