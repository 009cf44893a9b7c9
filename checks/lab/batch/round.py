"""The round: grades one submission or many, each in a pytest process of its own; called again, it goes on."""

import argparse
import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, TypeVar

import psutil

from checks.lab.batch.summary import FILES, Line, write_summary
from checks.lab.outcome import Failed, NotStarted, plain
from checks.lab.report.report import MODES, versions, write_whole
from checks.lab.submission.answer import find
from checks.lab.submission.archive import MOST_PACKED, is_archive
from checks.stages import ROOT, STAGES, named

T = TypeVar("T")
LIMIT = 600.0  # seconds for each stage that is graded: many times what the slowest answer takes on a busy machine
GRACE = 15.0  # seconds that an interrupted grading gets to end its Locust processes
GROUP_GRACE = 6.0  # Ctrl-C reaches all processes of a terminal: who has heard it must not hear it twice
MAX_LOG = 256 * 1024  # bytes kept of the beginning of a grading's output, and as many of its end
TAIL = 12  # lines shown where there is no score
VERDICTS = (0, 1, 6)  # the statuses of a grading that came to its end
BROKEN = 3  # pytest's own status for an internal error, for all others
UNHEARD = 141  # a shell's status for a program whose output nobody reads any more
STAMP = "grading.json"  # written last: a grading without it is not finished
GRADER = ("checks", "petshop_app", "jsonplaceholder_task")
NO_GRADER = re.compile(r"\.|__pycache__$|.*\.sqlite3(-\w+)?$")  # caches, and the database that a shop leaves behind
LONGEST_NAME = 200  # bytes of a folder's name: systems take 255, and a number may follow
UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069<>:"/\\|?*]')  # in such a name
NEEDED = 8 * 1024**2  # bytes of room for a report
LOG = "grading.log"
MODE_WORDS = {
    "practice": "Practice mode: not isolated. A submission could reach the grader's files.",
    "exam": "Exam mode: each submission runs isolated, in a cell of its own.",
}
REPORTS = ("report.json", "report.html", "junit.xml")  # a verdict has them all
KEPT = (*REPORTS, LOG)


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

    def stages(self) -> list[str]:
        """Return the stages that are graded."""
        return [file.stem.removeprefix("test_") for file in self.checks()]


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


class Full(Exception):
    """The disk has no room for reports, so that going on makes no sense."""


class Round:
    """The gradings of one command."""

    def __init__(self, paths: Sequence[Path], options: Options) -> None:
        self._options = options
        self._paths = dict(zip(folders(paths, options.out), paths, strict=True))
        self._lines: dict[Path, Line] = {}
        self._stop = threading.Event()
        self.grace = 0.0

    def run(self) -> int:
        """Grade what is not graded yet, a line for each; return one exit status for all."""
        self._options.out.mkdir(parents=True, exist_ok=True)
        sweep(self._options.out)
        statuses = []
        if self._paths:
            say(MODE_WORDS[self._options.mode])
        with ThreadPoolExecutor(self._options.jobs) as pool:
            try:
                for folder, grading, is_kept in self._endings(pool):
                    self._tell(folder, grading, is_kept)
                    statuses.append(grading.status)
            except BaseException as error:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                if isinstance(error, KeyboardInterrupt):
                    told = f"{len(self._lines)} of {len(self._paths)}"
                    say(f"Interrupted after {told}; the same command goes on from here.")
                raise
        say(f"\nSummary: {self._options.shown(self._options.out / 'summary.html')}")
        return worst(statuses)

    def _endings(self, pool: ThreadPoolExecutor) -> Iterator[tuple[Path, Grading, bool]]:
        """Yield how each grading ended, and whether that was in an earlier round.

        What needs no grading comes first, in the order of the command; then each as soon as it has ended.
        """
        begun: dict[Future[Grading], Path] = {}
        for folder, path in self._paths.items():
            if settled := self._guarded(self._settled, path, folder):
                yield folder, settled, bool(settled.fingerprint)
            else:
                begun[pool.submit(self._guarded, self._anew, path, folder)] = folder
        for done in completed(begun):
            yield begun[done], done.result(), False

    def _guarded(self, step: Callable[[Path, Path], T], path: Path, folder: Path) -> T | Grading:
        """Do a step of a grading; whatever is wrong with one submission is no reason to stop the others."""
        try:
            return step(path, folder)
        except (Stopped, Full):
            raise
        except Exception as error:  # noqa: BLE001
            return Grading(BROKEN, 0, "", plain(str(error) or repr(error)))

    def _settled(self, path: Path, folder: Path) -> Grading | None:
        """Return how a submission's grading ended where it need not begin: there is an objection, or a report."""
        if objection := objection_to(path, folder, self._options):
            return Grading(BROKEN, 0, "", objection)
        return None if self._options.again else finished(folder, self._fingerprint(path))

    def _anew(self, path: Path, folder: Path) -> Grading:
        """Grade a submission, a second time where the first was inconclusive."""
        fingerprint = self._fingerprint(path)
        (folder / STAMP).unlink(missing_ok=True)  # an old score must not pass for a new one
        grading = self._graded(path, folder, fingerprint)
        if not grading.is_final and grading.report:
            grading = replace(self._graded(path, folder, fingerprint), is_second=True)
        if grading.is_final and not self._has_changed(path, fingerprint):
            write_whole(folder / STAMP, json.dumps({**asdict(grading), "report": {}}) + "\n")
        return grading

    def _has_changed(self, path: Path, fingerprint: str) -> bool:
        """Tell whether a submission is another one than when its grading began."""
        with contextlib.suppress(OSError):
            return self._fingerprint(path) != fingerprint
        return True

    def _fingerprint(self, path: Path) -> str:
        """Return what a verdict depends on: while it stays the same, so does a finished report."""
        options = self._options
        facts = [content(path, options.stages()), options.stage, options.seed, options.mode, grader(), versions()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _graded(self, path: Path, folder: Path, fingerprint: str) -> Grading:
        """Grade a submission in a fresh folder; what comes of it takes the place of an earlier report."""
        started = time.monotonic()
        if (left := shutil.disk_usage(self._options.out).free) < NEEDED:
            raise Full(f"{left >> 10} kB are left in {self._options.out}, and a report may take {NEEDED >> 20} MB")
        with tempfile.TemporaryDirectory(prefix=f".grading-{os.getpid()}-", dir=self._options.out) as fresh:
            status, is_late = self._run(self._command(path, Path(fresh)), Path(fresh) / LOG)
            # pytest's own crash has status 1, too; a page that could not be written may hold the notes that tell most.
            has_verdict = status in VERDICTS and not is_late and all(Path(fresh, name).exists() for name in REPORTS)
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
            *(sys.executable, *(("-m", "checks.lab.exam") if options.mode == "exam" else ("-P", "-m", "pytest"))),
            *("-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider"),
            *map(str, options.checks()),
            *(f"--submission={real(path)}", f"--report={folder}"),
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

    def _tell(self, folder: Path, grading: Grading, is_kept: bool) -> None:
        """Print what came of a grading, and put it into the summary."""
        path, mode = self._options.shown(self._paths[folder]), self._options.mode
        line = Line(path, folder.name, grading.report, grading.reason, grading.seconds, mode)
        self._lines[folder] = line
        write_summary(self._options.out, [self._lines[each] for each in self._paths if each in self._lines])
        how = "kept, nothing has changed since" if is_kept else f"{grading.seconds:.0f} s"
        twice = ", inconclusive at first and graded again" * grading.is_second
        say(f"{len(self._lines)} of {len(self._paths)}  {line.path}: {line.score} ({how}{twice})")
        if grading.reason and grading.fingerprint:  # else it was not begun
            for words in tail(folder / LOG):
                say(f"    | {words}")


# --- one grading


def keep(output: IO[bytes], log: Path) -> None:
    """Write the beginning and the end of an output to a file, and let the rest go: a flood fills no disk."""
    try:
        _keep(output, log)
    except OSError:  # a full disk, which is told where the report is missing; nobody has to wait for a reader
        with contextlib.suppress(ValueError, OSError):
            while os.read(output.fileno(), 65536):
                pass


def _keep(output: IO[bytes], log: Path) -> None:
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
    pending = list(gradings)
    while pending:
        done, _ = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        yield from (each for each in pending if each in done)
        pending = [each for each in pending if each not in done]


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


def content(path: Path, stages: Sequence[str]) -> str:
    """Return a hash of what is graded and shown of a submission: the words of its files, whatever their times.

    Raises:
        OSError: it is not there, or can't be read.
    """
    digest = hashlib.sha256()
    for words in _judged(real(path), stages):
        digest.update(len(words).to_bytes(8) + words)
    return digest.hexdigest()


def _judged(path: Path, stages: Sequence[str]) -> Iterator[bytes]:
    status = path.stat()
    kind = stat.S_IFMT(status.st_mode)
    yield os.fsencode(path.name) + kind.to_bytes(8)
    if kind == stat.S_IFREG and is_archive(path) and status.st_size <= MOST_PACKED:  # a longer one is refused unread
        with path.open("rb") as packed:
            yield from iter(partial(packed.read, 1 << 20), b"")
    if kind == stat.S_IFDIR or (kind == stat.S_IFREG and path.suffix == ".py"):
        for stage in stages:
            yield from _found(path, stage)


def _found(path: Path, stage: str) -> Iterator[bytes]:
    try:
        found = find(path, stage)
    except (Failed, NotStarted) as refusal:  # then the verdict is no more than this refusal
        yield str(refusal).encode("utf-8", "backslashreplace")
        return
    for file, code in found.contents.items():
        yield os.fsencode(file.relative_to(found.folder))
        yield code
    yield from (found.words or b"", *map(os.fsencode, found.links))


@cache
def grader() -> str:
    """Return a hash of what judges: a verdict of another grader is no verdict of this one."""
    digest = hashlib.sha256()
    for folder in GRADER:
        for place, inner, names in os.walk(ROOT / folder):
            inner[:] = sorted(name for name in inner if not NO_GRADER.match(name))
            for file in (Path(place, name) for name in sorted(names) if not NO_GRADER.match(name)):
                digest.update(f"{file.relative_to(ROOT)} ".encode() + file.read_bytes())
    return digest.hexdigest()


def folders(paths: Sequence[Path], out: Path) -> list[Path]:
    """Return a folder for each submission's report: OUT/NAME, and OUT/NAME-2 where a name comes again."""
    taken, found = {name for file in FILES for name in (file, f"{file}.part")}, []
    for path in paths:
        name, count = fit_name(real(path).name), 1
        while _same(numbered := name if count == 1 else f"{name}-{count}") in taken:
            count += 1
        taken.add(_same(numbered))
        found.append(out / numbered)
    return found


def fit_name(name: str) -> str:
    """Return a name that any system takes for a folder: short, in UTF-8, of letters that can be seen."""
    name = UNFIT.sub("_", name).encode()[:LONGEST_NAME].decode(errors="ignore")
    return re.sub(r"^\.|[. ]$", "_", name) or "submission"


def _same(name: str) -> str:
    """Return what is the same for two names that macOS or Windows take for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def real(path: Path) -> Path:
    """Return where a path leads. Links in it are followed, since the evaluator may have typed one on purpose."""
    return Path(os.path.realpath(path))  # Path.resolve stumbles over links that lead in a circle


def worst(statuses: Sequence[int]) -> int:
    """Return one status for many: that of a broken run, else 1 for failed, 6 for inconclusive, 0."""
    return next((status for status in (BROKEN, 1, 6) if status in statuses), 0)


# --- the command


def say(line: str) -> None:
    """Print a line now.

    Raises:
        BrokenPipeError: nobody reads any more, as in `grade ... | head`; what is said later goes nowhere.
    """
    try:
        print(line, flush=True)
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # the latter is how Windows says it
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python itself would say the rest at its end
        raise BrokenPipeError from None


def tail(log: Path) -> list[str]:
    """Return the last lines of a log, fit for a terminal."""
    with contextlib.suppress(OSError):
        return [plain(line, 160) for line in log.read_text("utf-8", "replace").splitlines()[-TAIL:]]
    return []


def objection_to(path: Path, folder: Path, options: Options) -> str:
    """Return why a submission can't be graded as it was asked for; empty where it can."""
    path = real(path)
    if path in (folder, *folder.parents):
        return "its report would lie among its own files; choose another --out."
    stages = options.stages()
    is_clear = path.name in stages or any(os.path.lexists(path / stage) for stage in stages)
    is_folder = os.path.isdir(path)  # noqa: PTH112 - of Path, it raises where it may not look
    is_single = path.suffix == ".py" or (is_folder and not is_clear)
    if is_single and not options.stage:  # judged by all stages, it would fail in those that it does not answer
        return "which stage does it answer? Say so with --task NN, or --task jsonplaceholder."
    with contextlib.suppress(OSError):  # the grading says what can't be opened
        return meant(path, options.stage) if is_folder and options.stage else ""
    return ""


def meant(path: Path, stage: str) -> str:
    """Return an objection to a folder that holds no answer, though folders in it do; empty to any other."""
    if _holds(path, stage) or any(each.suffix == ".py" or each.name in STAGES for each in path.iterdir()):
        return ""
    inner = [folder.name for folder in path.iterdir() if folder.is_dir() and _holds(folder, stage)]
    missing = f"{path.name}/ has no {named(stage).locustfile}"
    if len(inner) == 1:
        return plain(f"{missing}, but the folder {inner[0]}/ in it has: did you mean that one?")
    return plain(f"{missing}, but {len(inner)} of its folders have: did you mean {path.name}/*?") if inner else ""


def _holds(folder: Path, stage: str) -> bool:
    """Tell by its names whether a folder is an answer to a stage, or holds one."""
    own = named(stage)
    return (folder / stage).exists() or any((place / own.locustfile).exists() for place in (folder, folder / own.inner))


def options(words: Sequence[str] | None = None) -> tuple[list[Path], Options]:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m checks.lab.batch", description=__doc__, allow_abbrev=False)
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
    paths = [path for path in paths if real(path) != wanted.out]  # DIR/* comes to DIR/report the second time
    pairs = zip(paths, folders(paths, wanted.out), strict=True)
    objections = [(path, objection_to(path, folder, wanted)) for path, folder in pairs]
    if paths and all(objection for _, objection in objections):  # a mistake in the command, and nothing to grade
        for path, objection in objections:
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
    except BrokenPipeError:
        return UNHEARD
    except (OSError, Full) as error:
        say(f"The reports can't be written: {error}")
        return 1
