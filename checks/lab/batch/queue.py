"""The queue: it grades each submission in a pytest process of its own; run again, it goes on where it stopped."""

import contextlib
import errno
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

from checks.lab.batch.cache import STAMP, Grading, fingerprint, finished, read_json
from checks.lab.batch.folders import folders, real, sweep
from checks.lab.batch.options import Options, objection_to
from checks.lab.batch.process import Interrupt, Stopped, T, completed, run
from checks.lab.batch.summary import Candidate, write_summary
from checks.lab.outcome import plain
from checks.lab.report.report import write_whole
from checks.stages import ROOT

TAIL = 12  # lines that are shown if there is no score
VERDICTS = (0, 1, 6)  # the statuses of a grading that has finished
BROKEN = 3  # pytest's own status for an internal error; stands for all other statuses
NEEDED = 8 * 1024**2  # bytes of free space for a report
LOG = "grading.log"
MODE_WORDS = {
    "practice": "Practice mode: not isolated. A submission could reach the grader's files.",
    "exam": "Exam mode: each submission runs isolated, in a cell of its own.",
}
REPORTS = ("report.json", "report.html", "junit.xml")  # a verdict has them all
KEPT = (*REPORTS, LOG)


class Full(Exception):
    """The disk has no room for reports, so that going on makes no sense."""


class Batch:
    """The gradings of one command."""

    def __init__(self, paths: Sequence[Path], options: Options) -> None:
        self._options = options
        self._paths = dict(zip(folders(paths, options.out), paths, strict=True))
        self._lines: dict[Path, Candidate] = {}
        self.stop = Interrupt()

    def run(self) -> int:
        """Grade the submissions that are not graded yet, and print a line for each; return one exit status for all."""
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
                self.stop.set()
                pool.shutdown(cancel_futures=True)
                if isinstance(error, KeyboardInterrupt):
                    told = f"{len(self._lines)} of {len(self._paths)}"
                    say(f"Interrupted after {told}; the same command goes on from here.")
                raise
        say(f"\nSummary: {self._options.shown(self._options.out / 'summary.html')}")
        return worst(statuses)

    def _endings(self, pool: ThreadPoolExecutor) -> Iterator[tuple[Path, Grading, bool]]:
        """Yield how each grading ended, and whether that was in an earlier round.

        Submissions that need no grading come first, in the order of the command; then each other one when it has ended.
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
        """Do a step of a grading; an error in one submission must not stop the others."""
        try:
            return step(path, folder)
        except (Stopped, Full):
            raise
        except Exception as error:  # noqa: BLE001
            return Grading(BROKEN, 0, "", plain(str(error) or repr(error)))

    def _settled(self, path: Path, folder: Path) -> Grading | None:
        """Return the result of a submission that need not be graded, because of an objection or a finished report."""
        if objection := objection_to(path, folder, self._options):
            return Grading(BROKEN, 0, "", objection)
        return None if self._options.again else finished(folder, fingerprint(path, self._options))

    def _anew(self, path: Path, folder: Path) -> Grading:
        """Grade a submission; grade it once more if the first result is inconclusive."""
        before = fingerprint(path, self._options)
        (folder / STAMP).unlink(missing_ok=True)  # an old score must not pass for a new one
        grading = self._graded(path, folder, before)
        if not grading.is_final and grading.report:
            grading = replace(self._graded(path, folder, before), is_second=True)
        if grading.is_final and not self._has_changed(path, before):
            write_whole(folder / STAMP, json.dumps({**asdict(grading), "report": {}}) + "\n")
        return grading

    def _has_changed(self, path: Path, before: str) -> bool:
        """Tell whether a submission has changed since its grading began."""
        with contextlib.suppress(OSError):
            return fingerprint(path, self._options) != before
        return True

    def _graded(self, path: Path, folder: Path, known_by: str) -> Grading:
        """Grade a submission in a fresh folder; the result replaces an earlier report."""
        started = time.monotonic()
        if (left := shutil.disk_usage(self._options.out).free) < NEEDED:
            raise Full(f"{left >> 10} kB are left in {self._options.out}, and a report may take {NEEDED >> 20} MB")
        with tempfile.TemporaryDirectory(prefix=f".grading-{os.getpid()}-", dir=self._options.out) as fresh:
            status, is_late = run(self._command(path, Path(fresh)), Path(fresh) / LOG, self._limit, self.stop)
            # A crash of pytest has status 1, too. So all reports have to be there: one that could not be written may
            # matter most.
            has_verdict = status in VERDICTS and not is_late and all(Path(fresh, name).exists() for name in REPORTS)
            folder.mkdir(exist_ok=True)
            for name in KEPT:
                (folder / name).unlink(missing_ok=True)
                if Path(fresh, name).exists() and (has_verdict or name == LOG):
                    Path(fresh, name).replace(folder / name)
        seconds, report = round(time.monotonic() - started, 1), read_json(folder / "report.json")
        if report:
            return Grading(status, seconds, known_by, report=report)
        ending = f"it did not end within {self._limit:.0f} s" if is_late else f"pytest ended with status {status}"
        return Grading(BROKEN, seconds, known_by, ending, is_late)

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

    def _tell(self, folder: Path, grading: Grading, is_kept: bool) -> None:
        """Print the result of a grading, and add it to the summary."""
        path, mode = self._options.shown(self._paths[folder]), self._options.mode
        line = Candidate(path, folder.name, grading.report, grading.reason, grading.seconds, mode)
        self._lines[folder] = line
        write_summary(self._options.out, [self._lines[each] for each in self._paths if each in self._lines])
        how = "kept, nothing has changed since" if is_kept else f"{grading.seconds:.0f} s"
        twice = ", inconclusive at first and graded again" * grading.is_second
        say(f"{len(self._lines)} of {len(self._paths)}  {line.path}: {line.score} ({how}{twice})")
        if grading.reason and grading.fingerprint:  # otherwise it was not begun
            for words in tail(folder / LOG):
                say(f"    | {words}")


def worst(statuses: Sequence[int]) -> int:
    """Return one status for many: that of a broken run, else 1 for failed, 6 for inconclusive, 0."""
    return next((status for status in (BROKEN, 1, 6) if status in statuses), 0)


def say(line: str) -> None:
    """Print a line now.

    Raises:
        BrokenPipeError: the reader has gone, as in `grade ... | head`; later lines are dropped.
    """
    try:
        print(line, flush=True)
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # Windows uses the latter
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python would flush the rest when it exits
        raise BrokenPipeError from None


def tail(log: Path) -> list[str]:
    """Return the last lines of a log, fit for a terminal."""
    with contextlib.suppress(OSError):
        return [plain(line, 160) for line in log.read_text("utf-8", "replace").splitlines()[-TAIL:]]
    return []
