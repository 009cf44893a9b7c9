"""The gate: opens for a full round, closes again, gives up if nobody comes, and never hangs."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from checks.lab.target.middleware.gates import AT_WORK, Gate, SingleFile, Turnstile, narrow

SOON = 30


def app(_environ: dict[str, Any], _start_response: Callable[..., object]) -> Iterable[bytes]:
    return [b"passed"]


def send(pool: ThreadPoolExecutor, gate: Gate, count: int) -> list[Future[Any]]:
    return [pool.submit(gate.before(app), {}, lambda *_: None) for _ in range(count)]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_full_round_passes_and_then_all_the_others() -> None:
    gate = Gate(3, rounds=2, patience=SOON)
    with ThreadPoolExecutor(10) as pool:
        assert len(wait(send(pool, gate, 3), SOON).done) == 3
        assert gate.passed == 1
        assert not gate.is_over()
        assert len(wait(send(pool, gate, 3), SOON).done) == 3
        assert gate.is_over()
        assert len(wait(send(pool, gate, 1), SOON).done) == 1
    assert gate.gave_up is None


def test_a_round_that_is_not_full_waits_until_somebody_gives_up() -> None:
    gate = Gate(3, rounds=1, patience=0.05)
    with ThreadPoolExecutor(10) as pool:
        early = send(pool, gate, 2)
        until(gate.is_over)
        assert len(wait(early, SOON).done) == 2
    assert gate.passed == 0
    assert gate.gave_up is not None
    assert gate.gave_up.waiting == 2


def test_who_was_never_there_is_not_late() -> None:
    gate = Gate(3, rounds=1, patience=0.0)
    assert not gate.is_over()


def test_nobody_at_all_after_a_round_ends_it_too() -> None:
    gate = Gate(2, rounds=2, patience=0.05)
    with ThreadPoolExecutor(2) as pool:
        wait(send(pool, gate, 2), SOON)
    until(gate.is_over)
    assert gate.gave_up is not None
    assert gate.gave_up.waiting == 0


def test_giving_up_after_the_last_round_changes_nothing() -> None:
    gate = Gate(1, rounds=1, patience=SOON)
    gate.before(app)({}, lambda *_: None)
    gate.give_up()
    assert gate.gave_up is None


def come(pool: ThreadPoolExecutor, gate: Gate, visitors: str) -> dict[str, Future[Any]]:
    """Send a request for each visitor, one after the other."""
    sent = {}
    for count, visitor in enumerate(visitors, 1):
        sent[visitor] = pool.submit(gate.before(app), {"HTTP_COOKIE": f"visitor={visitor}"}, lambda *_: None)
        until(lambda count=count: len(gate._waiting) in (count, 0))
    return sent


def test_a_single_file_lets_the_next_out_when_one_has_come_back() -> None:
    gate = Gate(4, rounds=4, patience=SOON, file=SingleFile(abreast=2, late=SOON, most_late=4, longest=SOON))
    with ThreadPoolExecutor(20) as pool:
        assert len(wait(come(pool, gate, "abcd").values(), SOON).done) == 4, "the first round goes at once"
        second = come(pool, gate, "abcd")
        until(lambda: second["b"].done())
        assert [second[visitor].done() for visitor in "cd"] == [False, False]
        third = come(pool, gate, "b")
        until(lambda: second["c"].done())
        assert not second["d"].done()
        third |= come(pool, gate, "c")
        until(lambda: second["d"].done())
        gate.give_up()
        wait(third.values(), SOON)
    assert len(gate.files) == 1


def test_a_single_file_does_not_wait_for_late_ones() -> None:
    gate = Gate(4, rounds=4, patience=SOON, file=SingleFile(abreast=1, late=0.05, most_late=3, longest=SOON))
    with ThreadPoolExecutor(20) as pool:
        wait(come(pool, gate, "abcd").values(), SOON)
        second = come(pool, gate, "abcd")
        until(lambda: gate.is_over() or all(one.done() for one in second.values()))
    start, end = gate.files[0]
    assert start < end < time.monotonic(), "where all are late, the rest goes at once"
    assert gate.gave_up is None


def test_a_single_file_ends_in_time() -> None:
    gate = Gate(3, rounds=4, patience=SOON, file=SingleFile(abreast=1, late=SOON, most_late=3, longest=0.05))
    with ThreadPoolExecutor(20) as pool:
        wait(come(pool, gate, "abc").values(), SOON)
        second = come(pool, gate, "abc")
        until(lambda: gate.is_over() or all(one.done() for one in second.values()))
    assert gate.gave_up is None


def test_few_requests_at_once_are_at_work_behind_it() -> None:
    at_work: list[int] = []
    most: list[int] = []
    held = threading.Event()

    def slow(_environ: dict[str, Any], _start_response: Callable[..., object]) -> Iterable[bytes]:
        at_work.append(1)
        most.append(len(at_work))
        held.wait(SOON)
        at_work.pop()
        return []

    with ThreadPoolExecutor(3 * AT_WORK) as pool:
        behind = narrow(slow)
        sent = [pool.submit(behind, {}, lambda *_: None) for _ in range(3 * AT_WORK)]
        until(lambda: len(at_work) == AT_WORK)
        held.set()
        assert len(wait(sent, SOON).done) == 3 * AT_WORK
    assert max(most) == AT_WORK


def test_a_turnstile_serves_a_few_visitors_when_all_are_there() -> None:
    turnstile = Turnstile(3, few=1)
    with ThreadPoolExecutor(10) as pool:

        def come(visitor: str) -> Future[Any]:
            return pool.submit(
                turnstile.before(app), {"HTTP_COOKIE": visitor and f"visitor={visitor}"}, lambda *_: None
            )

        assert come("").result(SOON) == [b"passed"], "who has no name yet gets one"
        sent = [come(visitor) for visitor in "abc"]
        until(lambda: any(one.done() for one in sent))
        served = next(visitor for visitor, one in zip("abc", sent, strict=True) if one.done())
        assert come(served).result(SOON) == [b"passed"]
        assert sum(one.done() for one in sent) == 1
        turnstile.open()
        assert len(wait(sent, SOON).done) == 3
