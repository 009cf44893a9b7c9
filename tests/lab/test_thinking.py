"""Think times: taken from the record, believed where the journal agrees."""

import time

import pytest

from checks.lab.record import Record, Wait
from checks.lab.swarm import Run
from checks.lab.thinking import pauses
from checks.lab.verdict import Failed
from tests.lab.witness import journal, request


def run(pause: float, slept: float) -> Run:
    """Return a run in which a user pauses so long between 20 requests, and its record says it slept so long."""
    requests = [request("a", start=i * (1 + pause), end=i * (1 + pause) + 1) for i in range(20)]
    waits = tuple(Wait("a", each.end, 40 * slept, slept) for each in requests)
    return Run(4, journal(*requests), Record(waits=waits), "", 0, 10.0, out_of_time=False)


def test_a_pause_is_what_was_asked_for() -> None:
    assert [pause.seconds for pause in pauses(run(0.051, 0.05))] == pytest.approx([2.0] * 19)


def test_a_busy_machine_makes_pauses_longer_which_is_no_matter() -> None:
    assert len(pauses(run(0.15, 0.05))) == 19


def test_sleep_that_the_target_has_not_seen_pass_is_a_forgery() -> None:
    with pytest.raises(Failed, match="less than it says"):
        pauses(run(0.002, 0.05))


def test_many_waits_of_many_visitors_on_many_paths_are_told_in_a_moment() -> None:
    count = 20_000
    requests = [request(str(i // 2), f"/{i}", start=float(i), end=float(i)) for i in range(count)]
    waits = tuple(Wait(str(i // 2), float(i), 2.0, 0.5) for i in range(count))
    began = time.process_time()
    found = pauses(Run(4, journal(*requests), Record(waits=waits), "", 0, 10.0, out_of_time=False))
    assert len(found) == count // 2
    assert time.process_time() - began < 5  # each with each takes minutes
