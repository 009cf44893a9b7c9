"""Think times: taken from the record, believed where the journal agrees."""

from dataclasses import replace

import pytest

from checks.lab.record import Record, Wait
from checks.lab.swarm import Run
from checks.lab.thinking import pauses, require_cores
from checks.lab.verdict import Failed, Inconclusive
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


def test_users_that_a_busy_machine_keeps_waiting_are_not_judged() -> None:
    require_cores(replace(run(0.1, 0), record=Record(starved=0.4)))  # of 1.9 s between answers and next requests
    with pytest.raises(Inconclusive, match=r"1\.5 of 1\.9 s"):
        require_cores(replace(run(0.1, 0), record=Record(starved=1.5)))


def test_time_in_which_several_users_wait_counts_once() -> None:
    both = [request(name, start=start, end=start + 1) for name in ("a", "b") for start in (0.0, 2.0)]
    with pytest.raises(Inconclusive, match=r"of 1\.0 s"):
        require_cores(Run(2, journal(*both), Record(starved=0.6), "", 0, 10.0, out_of_time=False))
