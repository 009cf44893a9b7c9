"""Noticing: which submission of the corpus gets a wrong verdict from a mutant of its grader."""

import multiprocessing
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

from checks.stages import ROOT
from tests.corpus import grade
from tests.grader_mutants.changes import NOTE, Mutant
from tests.grader_mutants.judging import sources
from tests.grader_mutants.transplant import transplanted
from tests.replay.__main__ import is_hostile
from tests.replay.grading import Case
from tests.replay.recording import EXAM

LIMIT = 20  # seconds for one verdict: the longest takes a tenth of that
COPIED = ("checks", "petshop_app", "jsonplaceholder_task", "solutions", "exercises", "pyproject.toml")
FRACTION = "compares fractions, which are never exactly on the boundary"
Line = tuple[str, int]


@dataclass(frozen=True)
class Outcome:
    """The fate of a mutant: the entry that noticed it and how, and the entries that would need a live run."""

    mutant: Mutant
    by: str = ""
    reached: int = 0  # entries whose verdict reaches the change
    unknown: tuple[Case, ...] = ()
    is_live: bool = False

    @property
    def means_nothing(self) -> bool:
        """Whether no entry could notice it."""
        return self.by == FRACTION

    @property
    def noticed(self) -> bool:
        """Whether an entry has noticed it."""
        return bool(self.by) and not self.means_nothing

    @property
    def is_open(self) -> bool:
        """Whether a live run might notice it, though no replay has."""
        return not self.by and bool(self.unknown)

    def __str__(self) -> str:
        words = f" ({self.reached} entries come there)" if self.reached else " (no entry comes there)"
        return f"{self.mutant}{words}{f', {len(self.unknown)} need a live run' if self.unknown else ''}"


class TooLong(BaseException):
    """A verdict takes so long that the mutant must be in an endless loop."""


class Jury:
    """Recorded entries, and the lines of the graders that the verdict on each reaches."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = list(cases)
        self._files = {str(source.file) for source in sources()}

    @cached_property
    def mistakes(self) -> list[str]:
        """Errors in the recorded verdicts before any change."""
        said = ((case.name, case.mistake(case.judge())) for case in self.cases)
        return [f"{name}: {mistake.splitlines()[0]}" for name, mistake in said if mistake]

    @cached_property
    def _lines(self) -> list[set[Line]]:
        return [self._traced(case) for case in self.cases]

    def _traced(self, case: Case) -> set[Line]:
        """Return the lines that a verdict reaches."""
        found: set[Line] = set()

        def trace(frame: FrameType, _event: str, _argument: Any) -> Any:
            if frame.f_code.co_filename not in self._files:
                return None
            found.add((frame.f_code.co_filename, frame.f_lineno))
            return trace

        sys.settrace(trace)
        try:
            case.judge()
        finally:
            sys.settrace(None)
        return found

    def try_all(self, chosen: Sequence[Mutant], jobs: int) -> list[Outcome]:
        """Return the fate of each mutant; print each at once."""
        global _SHARED
        assert self._lines is not None
        _SHARED = (self, chosen)
        outcomes = []
        with multiprocessing.get_context("fork").Pool(jobs) as pool:
            for number, (by, reached, unknown) in enumerate(pool.imap(_tried, range(len(chosen)), chunksize=4)):
                outcomes.append(Outcome(chosen[number], by, reached, tuple(self.cases[one] for one in unknown)))
        return outcomes

    def tried(self, mutant: Mutant) -> tuple[str, int, list[int]]:
        """Return how an entry notices a mutant, how many entries reach the change, and which would need a run."""
        reached = [number for number, lines in enumerate(self._lines) if _comes_to(mutant, lines)]
        unknown: list[int] = []
        with transplanted(mutant.source, mutant.tree):
            for number in sorted(reached, key=self._by_success):
                mistake, needs_run = _judged(self.cases[number])
                if mistake:
                    self._successful = [number, *(one for one in self._successful if one != number)]
                    return f"{self.cases[number].name}: {mistake.splitlines()[0][:100]}", len(reached), []
                if needs_run:
                    unknown.append(number)
        by = FRACTION if mutant.probe and self._compares_fractions(mutant, reached) else ""
        return by, len(reached), unknown

    def _compares_fractions(self, mutant: Mutant, reached: Sequence[int]) -> bool:
        """Tell whether a boundary compares numbers that are never exactly equal."""
        assert mutant.probe is not None
        noted: set[type] = set()

        def note(value: Any) -> Any:
            noted.add(type(value))
            return value

        with transplanted(mutant.source, mutant.probe, **{NOTE: note}):
            for number in reached:
                _judged(self.cases[number])
                if float in noted:
                    return True
        return False

    _successful: list[int] = []  # noqa: RUF012 - by process: entries that noticed a mutant recently may notice the next one

    def _by_success(self, number: int) -> int:
        return self._successful.index(number) if number in self._successful else len(self.cases)


_SHARED: Any = None


def _tried(index: int) -> tuple[str, int, list[int]]:
    jury, chosen = _SHARED
    return jury.tried(chosen[index])


def _comes_to(mutant: Mutant, lines: set[Line]) -> bool:
    file = str(mutant.source.file)
    if mutant.is_constant:  # its uses are not tracked
        return any(name == file for name, _ in lines)
    return any((file, line) in lines for line in range(mutant.first, mutant.last + 1))


def _judged(case: Case) -> tuple[str, bool]:
    """Return what is wrong with a verdict, and whether it needs a run."""
    with _bounded():
        try:
            judged = case.judge()
        except TooLong:
            return "the verdict does not come to an end", False
    return case.mistake(judged), judged.needs_run


@contextmanager
def _bounded() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def live(outcome: Outcome, most: int) -> Outcome:
    """Grade a few entries for real with a mutant, in a copy of the repository, and return the mutant's fate.

    Each is graded in the mode in which it was recorded; hostile ones are left out, since a mutant may free them.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy_to(copy, outcome.mutant)
        peaceful = [case for case in outcome.unknown if not is_hostile(case.entry)]
        for case in peaceful[:most]:
            program = "checks.lab.exam" if case.recording.mode == EXAM else "pytest"
            chosen = (f"--submission={case.entry.folder}", "-k", case.entry.stage)
            mistake = grade(*chosen, program=program, root=copy).mistake(case.entry)
            if mistake:
                return replace(outcome, by=f"{case.entry}: {mistake.splitlines()[0][:100]}", is_live=True)
    return outcome


def _copy_to(copy: Path, mutant: Mutant) -> None:
    import ast

    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
        else:
            shutil.copy(ROOT / name, copy / name)
    (copy / mutant.source.file.relative_to(ROOT)).write_text(ast.unparse(mutant.tree) + "\n", encoding="utf-8")


def excused() -> dict[str, str]:
    """Return the mutants that need not be noticed, with the reason for each."""
    file = ROOT / "tests" / "grader_equivalent.toml"
    listed = tomllib.loads(file.read_text(encoding="utf-8"))["equivalent"] if file.exists() else []
    return {f"{one['file']} {change}": one["reason"] for one in listed for change in one["changes"]}
