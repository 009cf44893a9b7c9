"""The policy of stage 06: whatever happens in any order, it knows which user holds which id, and which id is next."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.distribution.solution import load

Roster = load("roster").Roster
WORKERS = ["a", "b", "c"]


class Rosters(RuleBasedStateMachine):
    """A roster beside a model that is too simple to be wrong: for each worker, the list of its users' ids."""

    @initialize(count=st.integers(1, 6))
    def open(self, count: int) -> None:
        self.ids = [7 * number for number in range(count, 0, -1)]
        self.roster = Roster(self.ids)
        self.held: dict[str, list[int]] = {}
        self.away: dict[str, list[int]] = {}  # workers that the master has lost, but that still run
        for worker in WORKERS:
            self.a_new_worker_comes(worker)

    def holders(self) -> Counter[int]:
        return Counter(dict.fromkeys(self.ids, 0) | Counter(id for ids in self.held.values() for id in ids))

    def least(self) -> int:
        return min(self.holders().values())

    def a_new_worker_comes(self, worker: str) -> None:
        assert self.roster.sign_in(worker, [], sharing=False) == []
        self.held[worker] = []

    @precondition(lambda self: self.held)
    @rule(data=st.data(), wanted=st.integers(1, 7), sharing=st.booleans())
    def users_start(self, data: st.DataObject, wanted: int, sharing: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held)))
        free = sum(count == 0 for count in self.holders().values())
        ids = self.roster.take(worker, wanted, sharing)
        assert len(ids) == (wanted if sharing else min(wanted, free))
        for id in ids:
            assert self.holders()[id] == self.least()  # so no id is held twice while one is free
            self.held[worker].append(id)

    @precondition(lambda self: any(self.held.values()))
    @rule(data=st.data())
    def users_stop(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(worker for worker, own in self.held.items() if own)))
        own = data.draw(st.permutations(self.held[worker]))
        count = data.draw(st.integers(1, len(own)))
        self.roster.give_back(worker, own[:count])
        self.held[worker] = own[count:]

    @precondition(lambda self: self.held)
    @rule(data=st.data(), lives=st.booleans())
    def a_worker_is_lost(self, data: st.DataObject, lives: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held)))
        ids = self.held.pop(worker)
        assert self.roster.lose(worker) == len(ids)
        if lives:
            self.away[worker] = ids
        else:
            self.a_new_worker_comes(worker)

    @precondition(lambda self: self.away)
    @rule(data=st.data(), sharing=st.booleans())
    def a_lost_worker_comes_back(self, data: st.DataObject, sharing: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.away)))
        ids, before = self.away.pop(worker), self.holders()
        lost = self.roster.sign_in(worker, ids, sharing)
        self.held[worker] = kept = list((Counter(ids) - Counter(lost)).elements())
        assert Counter(kept) + Counter(lost) == Counter(ids)
        assert all(id in kept for id in ids if before[id] == 0)  # ids that nobody else got are still its own
        assert sharing or all(before[id] == 0 and kept.count(id) == 1 for id in kept)
        assert all(self.holders()[id] <= max(1, self.least() + 1) for id in kept)

    @rule(order=st.permutations(WORKERS))
    def the_master_is_started_anew(self, order: list[str]) -> None:
        self.roster = Roster(self.ids)
        for worker in order:
            if worker in self.held:
                assert self.roster.sign_in(worker, self.held[worker], sharing=False, trusted=True) == []

    @invariant()
    def it_knows_who_holds_what(self) -> None:
        assert self.roster.holders == dict(self.holders())
        assert self.roster.free == sum(count == 0 for count in self.holders().values())
        assert {worker: sorted(ids.elements()) for worker, ids in self.roster.held.items()} == {
            worker: sorted(ids) for worker, ids in self.held.items()
        }


Rosters.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestRosters = Rosters.TestCase


@pytest.mark.parametrize("wanted", [3, 5, 12])
def test_ids_come_in_the_order_of_the_file_and_again_from_the_first(wanted: int) -> None:
    roster = Roster([30, 10, 20, 50, 40])
    roster.sign_in("a", [], sharing=True)
    assert [roster.take("a", 1, sharing=True)[0] for _ in range(wanted)] == ([30, 10, 20, 50, 40] * 3)[:wanted]


def test_what_has_been_given_back_comes_after_what_nobody_has_had() -> None:
    roster = Roster([1, 2, 3])
    roster.sign_in("a", [], sharing=True)
    assert roster.take("a", 2, sharing=True) == [1, 2]
    roster.give_back("a", [1])
    assert roster.take("a", 2, sharing=True) == [3, 1]


def test_a_worker_that_comes_back_keeps_as_much_as_it_can() -> None:
    roster = Roster([1, 2])
    roster.sign_in("a", [1], sharing=True)
    assert roster.sign_in("b", [1, 2], sharing=True) == []


def test_an_id_of_another_file_is_not_kept() -> None:
    assert Roster([1]).sign_in("a", [1, 2], sharing=True, trusted=True) == [2]


def test_users_who_come_and_go_for_long_leave_nothing_behind() -> None:
    roster = Roster(range(10))
    roster.sign_in("a", [], sharing=True)
    for _ in range(20_000):
        roster.give_back("a", roster.take("a", 7, sharing=True))
    assert len(roster._vacated) <= 10
    assert roster.holders == dict.fromkeys(range(10), 0)
