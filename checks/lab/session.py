"""A session of pytest: it collects the results of the criteria, from workers, too, shows them, and writes them."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.lab.outcome import Outcome, Result, plain
from checks.lab.report.evidence import Evidence
from checks.lab.report.guide import Guide
from checks.lab.report.page import write_page
from checks.lab.report.report import LABELS, Report
from checks.lab.report.terminal import Reader, board
from checks.lab.verdict import hints
from checks.stages import EXERCISES, SOLUTIONS

EXIT_INCONCLUSIVE = 6
QUIET = -2  # pytest -qq
RESULT = "workshop_result"  # an attribute of pytest's report: it travels from workers, and stays out of JUnit
EVIDENCE = "workshop_evidence"  # the same, for what a report shows beside the verdict


def submitted(option: argparse.Namespace) -> Path:
    """Return the path that is graded."""
    path = SOLUTIONS if option.solutions else option.submission or EXERCISES
    return Path(path).resolve()


class Session:
    """Collects the results of a session, from workers, too, and has them shown and written."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._results: dict[tuple[str, str], Result] = {}
        self._evidence: dict[str, Evidence] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a criterion's result, and the evidence that came with it."""
        if result := _carried(report):
            self._results[result.criterion.stage, result.criterion.id] = result
            if packed := getattr(report, EVIDENCE, None):
                self._evidence.setdefault(result.criterion.stage, Evidence()).add(Evidence.unpacked(packed))

    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
        """Name the outcomes in pytest's own progress lines as the board does; these lines appear only with -v."""
        result = _carried(report)
        if result is None:
            return None
        word = "waiting" if result.waiting_for else LABELS[result.outcome]
        return (word, "", "") if self._config.option.verbose == QUIET else (word, word[0], word.upper())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        """Show the board, a hint if the user asked for one, and the seed if somebody may want the same numbers."""
        option = self._config.option
        if not self._results:
            if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                terminalreporter.write_line(
                    f"-k {option.keyword} chooses nothing; -k takes a stage's number, such as -k 01."
                )
            return
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            passed = sum(result.outcome is Outcome.PASSED for result in self._results.values())
            had = f"{passed} {'criterion' if passed == 1 else 'criteria'} had passed"
            terminalreporter.write_line(f"\nInterrupted, so there is no verdict; {had}.")
            return
        results, guide = list(self._results.values()), Guide(submitted(option), self._config.invocation_params.dir)
        opened = hints.open_next(results, getattr(self._config, "cache", None)) if option.hints else {}
        told = {stage for (stage, _), own in opened.items() if len(own.hints) == own.of}  # all hints are open

        def next_step(stage: str, outcome: Outcome) -> str:
            return "" if stage in told else guide.next_step(stage, outcome)

        reader = Reader(opened, guide.path_of, next_step, wants_all=option.verbose > 0)
        for line in board(results, reader):
            terminalreporter.write_line(line.text, **({line.colour: True} if line.colour else {}))
        if any(result.outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE) for result in results):
            again = f"Seed {option.seed}; --seed {option.seed} grades with the same numbers again."
            terminalreporter.write_line(f"\n{again}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report; exit with 0 if only a bonus failed, with 6 if something was inconclusive."""
        results, option = list(self._results.values()), self._config.option
        cut_off = session.exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
        if option.report and not cut_off:  # a half-judged stage must not look passed
            report = self._report()
            report.write(Path(option.report))
            write_page(Path(option.report), report)
        failed = [result for result in results if result.outcome is Outcome.FAILED]
        is_bonus = session.testsfailed == len(failed) and all(result.criterion.bonus for result in failed)
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and is_bonus:
            session.exitstatus = pytest.ExitCode.OK  # a bonus never fails a stage
        inconclusive = any(result.outcome is Outcome.INCONCLUSIVE for result in results)
        if session.exitstatus == pytest.ExitCode.OK and inconclusive:
            session.exitstatus = EXIT_INCONCLUSIVE

    def _report(self) -> Report:
        option = self._config.option
        return Report(
            results=list(self._results.values()),
            seed=option.seed,
            mode=option.isolation,
            submission=plain(submitted(option).name),
            date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            evidence=self._evidence,
        )


def _carried(report: pytest.TestReport | pytest.CollectReport) -> Result | None:
    """Return the result that is attached to one of pytest's reports, if it is a criterion's."""
    packed: Any = getattr(report, RESULT, None)
    return Result.unpacked(packed) if packed else None
