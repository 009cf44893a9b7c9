"""Think times: taken from the record, and believed if the journal agrees."""

import time
from itertools import pairwise
from random import Random

import pytest

from checks.judging.pauses import Pause, are_all_the_same, pauses
from checks.lab.locust.record import Record, ThinkTime
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed
from tests.lab.witness import journal, request


def run(pause: float, slept: float) -> Run:
    """Return a run in which a user pauses `pause` s between 20 requests, and its record says it slept `slept` s."""
    requests = [request("a", start=i * (1 + pause), end=i * (1 + pause) + 1) for i in range(20)]
    waits = tuple(ThinkTime("a", each.end, 40 * slept, slept) for each in requests)
    return Run(4, journal(*requests), Record(waits=waits), "", 0, 10.0)


def test_a_pause_is_what_was_asked_for() -> None:
    assert [pause.seconds for pause in pauses(run(0.051, 0.05))] == pytest.approx([2.0] * 19)


def test_a_busy_machine_makes_pauses_longer_which_is_no_matter() -> None:
    assert len(pauses(run(0.15, 0.05))) == 19


def test_sleep_that_the_target_has_not_seen_pass_is_a_forgery() -> None:
    with pytest.raises(Failed, match="less than it says"):
        pauses(run(0.002, 0.05))


def thought(asked: list[float], slept: list[float]) -> list[Pause]:
    """Return pauses of users with these think times and these sleeps of their own."""
    requests = [request("a", start=i, end=i) for i in range(len(asked) + 1)]
    steps = zip(pairwise(requests), asked, slept, strict=True)
    return [Pause(before, after, think, sleep, own=sleep) for (before, after), think, sleep in steps]


def test_a_constant_is_the_same_each_time() -> None:
    assert are_all_the_same(thought([2.0] * 21, [0.0] * 21))
    assert are_all_the_same(thought([0.0] * 21, [2 + number / 5000 for number in range(21)]))


@pytest.mark.parametrize("seed", range(20))
def test_a_time_that_is_drawn_is_not(seed: int) -> None:
    rng = Random(seed)
    for draw in (lambda: rng.uniform(1, 3), lambda: rng.choice((1.5, 2.0)), lambda: rng.uniform(1.9, 2.1)):
        drawn = [draw() for _ in range(21)]
        assert not are_all_the_same(thought(drawn, [0.0] * 21))
        assert not are_all_the_same(thought([0.0] * 21, drawn)) or len(set(drawn)) == 2


def test_of_a_few_pauses_nobody_can_tell() -> None:
    assert not are_all_the_same(thought([2.0] * 20, [0.0] * 20))


def test_many_waits_of_many_visitors_on_many_paths_are_told_in_a_moment() -> None:
    count = 20_000
    requests = [request(str(i // 2), f"/{i}", start=float(i), end=float(i)) for i in range(count)]
    waits = tuple(ThinkTime(str(i // 2), float(i), 2.0, 0.5) for i in range(count))
    began = time.process_time()
    found = pauses(Run(4, journal(*requests), Record(waits=waits), "", 0, 10.0))
    assert len(found) == count // 2
    assert time.process_time() - began < 5  # each with each takes minutes
