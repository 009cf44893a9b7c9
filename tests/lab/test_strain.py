"""The strain: signs that a machine was too busy, and things that are no such signs."""

import math
from dataclasses import replace

import pytest

from checks.lab.locust.run import Run
from checks.lab.target.journal import Request
from checks.lab.verdict.strain import strain
from tests.lab.witness import journal, run_of


def answers(*seconds: float, label: str = "") -> Run:
    """Return a run in which the target took this long for its answers."""
    requests = [
        Request("a", "GET", "/", {}, None, 200, at, at + took, 1, answer=label) for at, took in enumerate(seconds)
    ]
    return run_of(journal(*requests))


@pytest.mark.parametrize(("seconds", "strained"), [(0.5, False), (3.9, False), (4.1, True), (math.inf, False)])
def test_locusts_import_tells(seconds: float, strained: bool) -> None:
    run = replace(answers(0.1), importing=seconds)
    assert bool(strain(run)) is strained
    assert bool(strain(answers(0.1), run)) is strained


def test_a_grader_that_was_kept_waiting_tells() -> None:
    assert "stood still for 6 s" in strain(replace(answers(0.1), importing=1, standstill=6.0))
    assert not strain(replace(answers(0.1), importing=1, standstill=4.0))


def test_slow_answers_tell_where_they_are_more_than_a_tenth() -> None:
    assert strain(answers(*[0.1] * 8, 1.1))
    assert not strain(answers(*[0.1] * 9, 1.1))
    assert not strain(answers(*[0.9] * 9))
    assert not strain(answers())


def test_answers_that_are_slow_on_purpose_tell_nothing() -> None:
    assert not strain(answers(*[3.0] * 9, label="slow"))
