"""The pytest plugin: options, fixtures, and the way from a test's end to a criterion's outcome."""

import os
import random
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from checks.lab.cell.bubblewrap import BubblewrapCell
from checks.lab.cell.practice import Cell
from checks.lab.cell.private import is_inside
from checks.lab.lab import Lab
from checks.lab.locust.run import LIMIT
from checks.lab.outcome import Criterion, Failed, Inconclusive, NotStarted, Outcome, Result, plain
from checks.lab.report.evidence import Evidence
from checks.lab.report.report import MODES, message
from checks.lab.session import EVIDENCE, QUIET, RESULT, Session, submitted
from checks.lab.submission import answer as submission
from checks.lab.submission.given import taken_in
from checks.stages import ROOT

CONFTEST, SETTINGS = ROOT / "checks" / "conftest.py", ROOT / "pyproject.toml"
TESTED = ("conftest.py", "lab", "petshop", "jsonplaceholder")
OURS = (ROOT / "conftest.py", CONFTEST, *(ROOT / "tests" / name for name in TESTED))
CELLS = {"practice": Cell, "exam": BubblewrapCell}
results_key = pytest.StashKey[dict[str, Result]]()
evidence_key = pytest.StashKey[dict[str, Evidence]]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options of `pytest checks/`."""
    # pytest would load a conftest.py from the PATH of --submission. Ours is loaded already, so none has to follow.
    pluginmanager._noconftest = True
    group = parser.getgroup("workshop")
    what = group.addoption  # only plain texts and numbers, since pytest-xdist passes the options to its workers
    what("--submission", metavar="PATH", help="grade PATH: a folder of stages, one stage's, or a locustfile")
    what("--solutions", action="store_true", help="grade the reference solutions")
    what("--report", metavar="DIR", help="write DIR/report.html, DIR/report.json and DIR/junit.xml")
    what("--seed", type=int, metavar="N", help="repeat the numbers of an earlier run, whose report shows N")
    what("--isolation", choices=MODES, default=MODES[0], help="exam: python -m checks.lab.exam starts it, on Linux")
    what("--run-limit", type=float, default=LIMIT, metavar="SECONDS", help="of a run with one process (default: 60)")
    what("--hints", action="store_true", help="open the next hint of the first thing to do")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed before any worker starts, and turn off pytest's own output in favour of the board."""
    config.stash[results_key], config.stash[evidence_key] = {}, {}
    if config.option.submission and not os.path.exists(config.option.submission):  # noqa: PTH110 - takes any name
        raise pytest.UsageError(f"--submission {config.option.submission}: there is no such file or folder")
    if config.option.isolation == "exam" and not is_inside():
        raise pytest.UsageError("exam mode has a network of its own: start it with python -m checks.lab.exam")
    if objection := _obeyed(config):
        raise pytest.UsageError(objection)
    if config.option.seed is None:
        config.option.seed = random.randrange(10**6)
    if config.option.report and not config.option.xmlpath:
        config.option.xmlpath = str(Path(config.option.report) / "junit.xml")
    config.addinivalue_line("filterwarnings", "ignore")  # no verdict depends on what a newer Python deprecates
    if config.option.verbose == 0:  # pytest's own output would distract a learner from the verdict
        config.option.verbose, config.option.no_header = QUIET, True
    if not hasattr(config, "workerinput"):
        if config.option.report:  # an earlier run's report must not pass for this one's
            for name in ("report.json", "report.html"):
                Path(config.option.report, name).unlink(missing_ok=True)
        config.pluginmanager.register(Session(config), "workshop-grading")


def _obeyed(config: pytest.Config) -> str:
    """Return an objection if pytest or Python may have obeyed a submission's file, which could load anything."""
    files = [Path(getattr(plugin, "__file__", None) or "") for plugin in config.pluginmanager.get_plugins()]
    if CONFTEST not in files:
        return ""  # not started as `pytest checks/`
    theirs = [f for f in files if f.name == "conftest.py" and not any(map(f.is_relative_to, OURS))]
    strangers = [*theirs, *([config.inipath] if config.inipath != SETTINGS else [])]
    advice = "write checks/ before --submission, and --submission=PATH as one word"
    if strangers:
        return f"pytest obeyed {strangers[0]}: {advice}"
    return _searched(submitted(config.option)) if config.option.submission else ""


def _searched(path: Path) -> str:
    """Return an objection if Python looks for modules in a submission, as `python -m pytest` does there."""
    folder = path if path.is_dir() else path.parent
    for place in (Path(each).resolve() for each in sys.path):
        is_ours = place == ROOT or any(map(place.is_relative_to, (sys.prefix, sys.base_prefix)))
        if place.is_relative_to(folder) and not is_ours:
            return f"Python takes modules from {place}: grade from the course's folder, or with workshop.py check"
    return ""


# --- what the checks use


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Lab:
    """The bench for one stage: its submission, its random numbers, and the means to run it."""
    stage = _stage(request.path)
    option = request.config.option
    make_cell = CELLS[option.isolation]
    with taken_in(submitted(option), make_cell) as path:
        answer = submission.find(path, stage)
    bench = Lab(answer, random.Random(f"{option.seed} {stage}"), make_cell, option.run_limit)
    request.config.stash[evidence_key][stage] = bench.evidence
    return bench


# --- from a test to a criterion's outcome


def _stage(path: Path) -> str:
    """Return the stage that a check file grades: test_01_sequential_flows.py grades 01_sequential_flows."""
    return path.stem.removeprefix("test_")


def _criterion(item: pytest.Item) -> Criterion | None:
    """Return the criterion that a test stands for; its docstring is the title."""
    return criterion_of(item.function, _stage(item.path)) if isinstance(item, pytest.Function) else None


def criterion_of(function: Callable[..., object], stage: str) -> Criterion | None:
    """Return the criterion that a function of a check stands for; None if it stands for none."""
    markers: list[pytest.Mark] = getattr(function, "pytestmark", [])
    told = next((marker.kwargs for marker in markers if marker.name == "criterion"), None)
    if told is None:
        return None
    return Criterion(
        id=function.__name__.removeprefix("test_"),
        title=(function.__doc__ or function.__name__).strip().splitlines()[0],
        stage=stage,
        max_points=told["points"],
        after=tuple(told.get("after", "").split()),
        bonus=told.get("bonus", False),
        part=told.get("part"),
    )


class Waiting(Exception):
    """A criterion on which this one depends has not passed."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Make a criterion wait if one on which it depends has not passed, so that the first cause comes first."""
    earlier = item.config.stash[results_key]
    if criterion := _criterion(item):
        require_earlier(criterion, earlier)


def require_earlier(criterion: Criterion, earlier: Mapping[str, Result]) -> None:
    """Require that the criteria on which this one depends have passed, as far as they have a result."""
    for name in criterion.after:
        cause = earlier.get(f"{criterion.stage}::{name}")
        if cause and cause.outcome is Outcome.NOT_STARTED and not cause.waiting_for:
            raise NotStarted(cause.message)
        if cause and cause.outcome is not Outcome.PASSED:
            raise Waiting(cause.waiting_for or name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the end of a test into a criterion's result, and attach it to pytest's report."""
    test_report = yield
    criterion = _criterion(item)
    error = call.excinfo.value if call.excinfo else None
    if criterion is None or isinstance(error, KeyboardInterrupt) or (error is None and call.when != "call"):
        return test_report
    result = result_of(criterion, error)
    item.config.stash[results_key][f"{criterion.stage}::{criterion.id}"] = result
    if evidence := item.config.stash[evidence_key].get(criterion.stage):
        if culprit := getattr(error, "request", None):
            result = replace(result, surroundings=tuple(map(plain, evidence.surroundings(culprit))))
        setattr(test_report, EVIDENCE, evidence.taken(criterion.title, culprit).packed())
    setattr(test_report, RESULT, result.packed())
    said = message(result)
    if result.outcome is Outcome.FAILED:
        test_report.outcome, test_report.longrepr = "failed", f"{criterion.title}\n{said}"
    elif result.outcome is not Outcome.PASSED:
        test_report.outcome, test_report.longrepr = "skipped", (str(item.path), 0, said)
    return test_report


def result_of(criterion: Criterion, error: BaseException | None) -> Result:
    """Return the result that an exception stands for; an unforeseen one is the grader's fault, so inconclusive."""
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


# --- the output at the end
