"""Mutants of the graders: made at each decision, put in place and removed without a trace, and noticed."""

import ast
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from checks.stages import ROOT
from tests.grader_mutants.changes import Mutant, mutants
from tests.grader_mutants.judging import Source, sources, words
from tests.grader_mutants.noticing import FRACTION, Jury, excused
from tests.grader_mutants.transplant import transplanted
from tests.replay.grading import Case, opened
from tests.replay.recording import Recording
from tests.replay.variations import base_of, bases, opened_variation, variations

# Other modules that a verdict passes through: they supply, keep, count and word, but decide nothing about a submission.
AROUND = {"__init__", "answer", "evidence", "gates", "given", "hints", "journal", "jsonplaceholder", "lab", "outcome"}
AROUND |= {"notes", "petshop", "plugin", "record", "remedies", "report", "run", "scenarios", "source", "submission"}


@pytest.fixture(scope="module")
def jury() -> Iterator[Jury]:
    """The variations of stage 01."""
    with ExitStack() as files:
        own = (variation for variation in variations() if variation.entry.stage.startswith("01"))
        yield Jury([files.enter_context(opened_variation(variation)) for variation in own])


def source(name: str) -> Source:
    return next(source for source in sources() if name in str(source))


def mutant(file: str, change: str) -> Mutant:
    return next(mutant for mutant in mutants(source(file)) if change in mutant.name)


def test_verdicts_on_variations_are_right_before_anything_is_changed(jury: Jury) -> None:
    assert jury.cases
    assert not jury.mistakes


@pytest.mark.parametrize(
    ("file", "function"),
    [
        ("test_01", "test_fresh_names"),
        ("test_01", "test_order"),
        ("test_01", "test_think_time"),
        ("sequence", "out_of_turn"),
        ("sequence", "stopped_user"),
        ("pauses", "outside"),
    ],
)
def test_each_condition_of_a_criterion_is_noticed(jury: Jury, file: str, function: str) -> None:
    due = [one for one in mutants(source(file)) if one.function == function and not one.is_advice]
    tried = {one: jury.tried(one)[0] for one in due}
    assert due
    assert not [str(one) for one, by in tried.items() if not by]


def test_a_mutant_leaves_nothing_behind(jury: Jury) -> None:
    before = [case.judge().told for case in jury.cases[:5]]
    for change in ("CHANCE_REPEATS: 4 becomes 8", "test_users: never", "test_order: never: run.ending is Ending.LIMIT"):
        one = mutant("test_01", change)
        with transplanted(one.source, one.tree):
            pass
    assert [case.judge().told for case in jury.cases[:5]] == before


def test_a_changed_constant_counts_wherever_the_module_uses_it(jury: Jury) -> None:
    by, _, _ = jury.tried(mutant("judging/pauses", "OWN_SLEEP: 0.2 becomes 0.1"))
    assert "noise_of_a_busy_machine" in by


def test_a_boundary_between_fractions_means_nothing(jury: Jury) -> None:
    by, _, _ = jury.tried(mutant("pauses", "on the boundary: pause.seconds < low - TOLERANCE"))
    assert by == FRACTION


def test_what_nobody_looks_at_survives(jury: Jury) -> None:
    by, reached, unknown = jury.tried(mutant("data/rules", "forbid_shared_clients: never: shared or count"))
    assert (by, reached, unknown) == ("", 0, [])


def test_words_are_told_from_decisions() -> None:
    spoken = {type(node).__name__ for node in words()}
    assert {"IfExp", "Compare"} <= spoken
    names = {one.name: one.is_advice for one in mutants(source("test_01"))}
    assert names["checks/test_01_sequential_flows.py test_host: never: user.host"]
    assert not names["checks/test_01_sequential_flows.py test_report: never: figures.failures"]


@pytest.mark.parametrize(
    ("file", "change", "is_advice"),
    [
        ("cluster/model", "ALONE: 6.0 becomes 12.0", True),
        ("cluster/model", "SAYS_SO: 10.0 becomes 20.0", False),
        ("cluster/model", "FEWER: 6 becomes 12", False),
        ("judging/pauses", "OWN_SLEEP: 0.2 becomes 0.4", False),
    ],
)
def test_a_constant_that_is_only_said_counts_as_words(file: str, change: str, is_advice: bool) -> None:
    assert mutant(file, change).is_advice == is_advice


def test_all_that_judges_is_mutated() -> None:
    """All code that takes part in a verdict is in a module that is mutated, or is known to decide nothing."""
    reached: set[str] = set()

    def trace(frame: FrameType, _event: str, _argument: Any) -> None:
        reached.add(frame.f_code.co_filename)

    for entry in bases(variations()):
        with opened(entry, Recording.read(base_of(entry))) as case:
            judge(case, trace)
    known = {one.file for one in sources()}
    graders = {file for file in map(Path, reached) if file.is_relative_to(ROOT / "checks")}
    assert {file.stem for file in graders - known} <= AROUND


def judge(case: Case, trace: Any) -> None:
    sys.settrace(trace)
    try:
        case.judge()
    finally:
        sys.settrace(None)


def test_what_is_excused_is_there() -> None:
    names = {one.name for one_source in sources() for one in mutants(one_source)}
    assert not excused().keys() - names
    assert all(excused().values())


def test_mutants_are_code_that_runs() -> None:
    for one in mutants(source("findings")):
        compile(ast.unparse(one.tree), "mutant", "exec")
