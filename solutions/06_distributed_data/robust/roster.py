"""The roster: which worker holds which ids, and which id is next. Plain data: no Locust, no messages, no clock."""

from collections import Counter
from heapq import heappop, heappush
from itertools import count


class Roster:
    """Hands out ids in the order of the file, and always one with the fewest holders."""

    def __init__(self, ids):
        self.holders = dict.fromkeys(ids, 0)  # id: how many users hold it
        if not self.holders:
            raise ValueError("there are no ids to hand out")
        self.held = {}  # worker: its ids, and how many of its users hold each
        self.free = len(self.holders)  # how many ids nobody holds
        self._round, self._line = 0, iter(self.holders)  # in round 1 ids with one holder get a second, and so on
        self._vacated, self._turn = [], count()  # a heap of (holders, turn, id): fewest holders, then longest vacant

    def sign_in(self, worker, ids, sharing, trusted=False):
        """Enter a worker and the ids that its users hold already; return those that it can't keep.

        It keeps what nobody else holds, with `sharing` also what no other id is held less than; if `trusted`, all.
        """
        self.held[worker] = Counter()
        lost = []
        for id_ in sorted(ids, key=lambda id_: self.holders.get(id_, 0)):
            if id_ in self.holders and (trusted or self._may_keep(id_, sharing)):
                self._hold(worker, id_)
            else:
                lost.append(id_)
        return lost

    def take(self, worker, wanted, sharing):
        """Return `wanted` ids for a worker's users; without `sharing` only ids that nobody holds, perhaps fewer."""
        ids = []
        for _ in range(wanted if sharing else min(wanted, self.free)):
            ids.append(self._next())
            self._hold(worker, ids[-1])
        return ids

    def give_back(self, worker, ids):
        """Take ids back from a worker whose users have stopped."""
        for id_ in ids:
            if self.held[worker][id_]:
                self._let_go(worker, id_)

    def lose(self, worker):
        """Take back all that a worker holds, and forget it; return how many of its users held one."""
        ids = list(self.held[worker].elements())
        self.give_back(worker, ids)
        del self.held[worker]
        return len(ids)

    def _hold(self, worker, id_):
        self.free -= self.holders[id_] == 0
        self.holders[id_] += 1
        self.held[worker][id_] += 1

    def _let_go(self, worker, id_):
        self.holders[id_] -= 1
        self.free += self.holders[id_] == 0
        self.held[worker][id_] -= 1
        if not self.held[worker][id_]:
            del self.held[worker][id_]
        heappush(self._vacated, (self.holders[id_], next(self._turn), id_))

    def _may_keep(self, id_, sharing):
        return self.holders[id_] == 0 or (sharing and self.holders[id_] == min(self.holders.values()))

    def _next(self):
        while True:
            for id_ in self._vacancies(self._round - 1):
                return id_
            for id_ in self._line:
                if self.holders[id_] == self._round:
                    return id_
            for id_ in self._vacancies(self._round):
                return id_
            self._round, self._line = self._round + 1, iter(self.holders)

    def _vacancies(self, most):
        """Take from the heap the ids that have at most so many holders."""
        while self._vacated and self._vacated[0][0] <= most:
            holders, _, id_ = heappop(self._vacated)
            if holders == self.holders[id_]:  # or it has found a holder since
                yield id_
