"""The pytest plugin: options, fixtures, and the way from a test's end to a criterion's outcome."""

import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from checks.lab import hints, submission
from checks.lab.bench import Lab
from checks.lab.report import LABELS, board, message, write_json
from checks.lab.verdict import Criterion, Failed, Inconclusive, NotStarted, Outcome, Result, plain

EXIT_INCONCLUSIVE = 6
RESULT = "workshop_result"  # an attribute of pytest's report: it travels from workers, and stays out of JUnit
results_key = pytest.StashKey[dict[str, Result]]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options of `pytest checks/`."""
    # pytest takes the PATH of --submission for a place to load a conftest.py from. There is none to come after ours.
    pluginmanager._noconftest = True
    group = parser.getgroup("workshop")
    what = group.addoption  # plain texts and numbers alone: pytest-xdist hands the options to its workers
    what("--submission", metavar="PATH", help="grade PATH: a folder of stages, one stage's, or a locustfile")
    what("--solutions", action="store_true", help="grade the reference solutions")
    what("--report", metavar="DIR", help="write DIR/report.json and DIR/junit.xml")
    what("--seed", type=int, metavar="N", help="repeat the numbers of an earlier run, whose report shows N")
    what("--hints", action="store_true", help="open the next hint of the first thing to do")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Settle the seed before any worker starts, and let the board have the last word."""
    config.stash[results_key] = {}
    if config.option.submission and not Path(config.option.submission).exists():
        raise pytest.UsageError(f"--submission {config.option.submission}: there is no such file or folder")
    if config.option.seed is None:
        config.option.seed = random.randrange(10**6)
    if config.option.report and not config.option.xmlpath:
        config.option.xmlpath = str(Path(config.option.report) / "junit.xml")
    config.addinivalue_line("filterwarnings", "ignore")  # no verdict hangs on what a newer Python deprecates
    if not hasattr(config, "workerinput"):
        if config.option.report:  # an earlier run's must not pass for this one's
            Path(config.option.report, "report.json").unlink(missing_ok=True)
        config.pluginmanager.register(Grading(config), "workshop-grading")


# --- what the checks use


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Lab:
    """The bench for one stage: its submission, its chance, and the means to run it."""
    stage = _stage(request.path)
    option = request.config.option
    path = submission.SOLUTIONS if option.solutions else option.submission or submission.EXERCISES
    answer = submission.find(Path(path).resolve(), stage)
    return Lab(answer, random.Random(f"{option.seed} {stage}"))


# --- from a test to a criterion's outcome


def _stage(path: Path) -> str:
    """Return the stage that a check file grades: test_01_sequential_flows.py grades 01_sequential_flows."""
    return path.stem.removeprefix("test_")


def _criterion(item: pytest.Item) -> Criterion | None:
    """Return the criterion that a test stands for; its docstring is the title."""
    marker = item.get_closest_marker("criterion")
    if marker is None or not isinstance(item, pytest.Function):
        return None
    return Criterion(
        id=item.name.removeprefix("test_"),
        title=(item.function.__doc__ or item.name).strip().splitlines()[0],
        stage=_stage(item.path),
        max_points=marker.kwargs["points"],
        after=tuple(marker.kwargs.get("after", "").split()),
        bonus=marker.kwargs.get("bonus", False),
    )


class Waiting(Exception):
    """A criterion that this one stands on has not passed."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a criterion wait where one that it stands on has not passed: the first cause first."""
    criterion = _criterion(item)
    earlier = item.config.stash[results_key]
    for name in criterion.after if criterion else ():
        cause = earlier.get(f"{criterion.stage}::{name}") if criterion else None
        if cause and cause.outcome is Outcome.NOT_STARTED and not cause.waiting_for:
            raise NotStarted(cause.message)
        if cause and cause.outcome is not Outcome.PASSED:
            raise Waiting(cause.waiting_for or name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the end of a test into a criterion's result and let it travel with pytest's report."""
    test_report = yield
    criterion = _criterion(item)
    error = call.excinfo.value if call.excinfo else None
    if criterion is None or isinstance(error, KeyboardInterrupt) or (error is None and call.when != "call"):
        return test_report
    result = _result(criterion, error)
    item.config.stash[results_key][f"{criterion.stage}::{criterion.id}"] = result
    setattr(test_report, RESULT, result.packed())
    said = message(result)
    if result.outcome is Outcome.FAILED:
        test_report.outcome, test_report.longrepr = "failed", f"{criterion.title}\n{said}"
    elif result.outcome is not Outcome.PASSED:
        test_report.outcome, test_report.longrepr = "skipped", (str(item.path), 0, said)
    return test_report


def _result(criterion: Criterion, error: BaseException | None) -> Result:
    """Return the result that an exception stands for; one that nobody foresaw is the grader's own, so inconclusive."""
    if error is None:
        return Result(criterion, Outcome.PASSED)
    if isinstance(error, Failed):
        return Result(criterion, Outcome.FAILED, seen=error.seen, expected=error.expected, advice=error.advice)
    if isinstance(error, Waiting):
        return Result(criterion, Outcome.NOT_STARTED, waiting_for=str(error))
    if isinstance(error, NotStarted):
        return Result(criterion, Outcome.NOT_STARTED, message=plain(str(error)))
    if isinstance(error, Inconclusive):
        return Result(criterion, Outcome.INCONCLUSIVE, message=plain(str(error)))
    where = _last_place(error)
    return Result(criterion, Outcome.INCONCLUSIVE, message=plain(f"the grader stumbled, not you: {error!r} at {where}"))


def _last_place(error: BaseException) -> str:
    tb = error.__traceback__
    while tb and tb.tb_next:
        tb = tb.tb_next
    return f"{Path(tb.tb_frame.f_code.co_filename).name}:{tb.tb_lineno}" if tb else "an unknown place"


# --- the words at the end


class Grading:
    """Gathers the results of a session, from workers too, and has them shown and written."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._results: dict[tuple[str, str], Result] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a criterion's result."""
        if result := _carried(report):
            self._results[result.criterion.stage, result.criterion.id] = result

    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
        """Name the outcomes in pytest's own progress line as the board does."""
        result = _carried(report)
        if result is None or result.outcome is Outcome.PASSED:
            return None
        word = "waiting" if result.waiting_for else LABELS[result.outcome]
        return word, word[0], word.upper()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the board, and the next hint where it was asked for."""
        if not self._results:
            return
        results, option = list(self._results.values()), self._config.option
        opened = hints.open_next(results, getattr(self._config, "cache", None)) if option.hints else {}
        for line in board(results, opened):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"\nSeed {option.seed}; --seed {option.seed} grades with the same numbers again.")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write report.json; leave with 6 where something was inconclusive and nothing failed."""
        results, option = list(self._results.values()), self._config.option
        cut_off = session.exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
        if option.report and not cut_off:  # a stage that was half judged must not look passed
            write_json(Path(option.report), results, option.seed, mode="practice")
        inconclusive = any(result.outcome is Outcome.INCONCLUSIVE for result in results)
        if session.exitstatus == pytest.ExitCode.OK and inconclusive:
            session.exitstatus = EXIT_INCONCLUSIVE


def _carried(report: pytest.TestReport | pytest.CollectReport) -> Result | None:
    """Return the result that travels with a report of pytest's, if it is a criterion's."""
    packed: Any = getattr(report, RESULT, None)
    return Result.unpacked(packed) if packed else None
