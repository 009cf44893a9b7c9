"""The stress test: the runs that show whether a submission's users are all there at once, and whether any pauses.

There are two runs, each made when a criterion first asks for it. If the machine may be the reason for what a run shows,
it is made once more beside a control: two users of the grader's own who never pause.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import NamedTuple

from checks.judging.stress.gaps import Gaps, gaps, gaps_in_single_file, in_all_steps, settled
from checks.lab.lab import Lab, Middleware
from checks.lab.locust.run import Run
from checks.lab.outcome import Inconclusive
from checks.lab.target.journal import Journal
from checks.lab.target.middleware.gates import AT_WORK, Gate, GivenUp, SingleFile, Turnstile, narrow
from checks.lab.target.server import Target
from checks.lab.verdict.diagnosis import require_requests
from petshop_app.capacity import Capacity
from petshop_app.server import room_for_connections

PAIR = 2  # users who are served while the others wait: enough to see a pause, and few enough to leave the machine idle
WORK_MS = 10  # for each request, in a shop with a seat for each of the two
SPARE_THREADS = 20  # of a shop, in addition to one for each request that waits
ROUNDS = 4  # times that all users have to wait at the gate together
PATIENCE = 5.0  # seconds in which a swarm that can send one more request does so, however busy the machine is
SLOWEST_RAMP = 15.0  # seconds until 200 users are there; at the 50 users/s of the README it is 4
AFTERWARDS = 5.0  # seconds in which users that a lock or a long sleep kept from the gate send a request
# Names in the code that can end a test or its users. If the code has one, the grader watches the pair for LOOK seconds,
# since it can't see in advance whether a timer will fire.
ENDS = {"quit", "stop", "kill", "killall", "exit", "_exit", "abort", "alarm", "setitimer", "raise_signal", "run_time"}
ENDS |= {f".{name}" for name in ENDS} | {"StopTest", "StopUser", ".StopTest", ".StopUser"}
LOOK = 30.0
STEADY = 300  # requests, from two users
SLOW, FEW = 8.0, 8  # after so many seconds, so few requests are enough: a sleep in the code takes real time
RECENT = 1.0  # seconds since the last answer, in which users that go on, though slowly, have got one
# When 200 users were let out two at a time, on two cores with ten more processes to run, the quickest fortieth was at
# most 4 ms late, the lower quartile at most 10 ms, and one user in 400 was more than 250 ms late.
FILE = SingleFile(abreast=2, late=0.25, most_late=20, longest=5.0)


class Watched(NamedTuple):
    """A run that has ended, and what it had shown before it was told to end: users hurry when Locust lets them go."""

    run: Run
    shown: Journal


class StressTest:
    """The two runs of a submission with `users` users, each made when it is first asked for; and again with a control.

    `gate` is the gate at which the users of the first run waited.
    """

    def __init__(self, lab: Lab, users: int) -> None:
        self.lab, self.users = lab, users
        self.gate = self._new_gate()

    @cached_property
    def crowd(self) -> Run:
        """All users at a gate: four times, the shop answers only when every user is waiting for an answer.

        The second and the third time, the gate lets them out in single file. This shows how soon each user sends its
        next request while all the others are there.
        """
        return self._crowd(self.gate)

    @cached_property
    def pair(self) -> Watched:
        """All users again. Two of them get quick answers; the others wait for an answer all the time."""
        return self._pair()

    @cached_property
    def crowd_beside_control(self) -> tuple[Gaps, Gaps]:
        """The gaps of another crowd, and those of the control at the same time."""
        gate = self._new_gate()
        with self._control() as control:
            run = self._crowd(gate, control)
        require_requests(run)
        return gaps_in_single_file(run.journal, gate), gaps(control)

    @cached_property
    def pair_beside_control(self) -> tuple[Gaps, Gaps]:
        """The gaps of another pair, and those of the control at the same time."""
        with self._control() as control:
            run, shown = self._pair(control)
        require_requests(run)
        return gaps(shown), gaps(control)

    @cached_property
    def crowd_again(self) -> tuple[bool, list[float]]:
        """Whether all users of another crowd waited at the gate together, and the control's gaps meanwhile, sorted."""
        gate = self._new_gate()
        with self._control() as control:
            self._crowd(gate, control)
        return gate.gave_up is None, in_all_steps(gaps(control))

    def _new_gate(self) -> Gate:
        return Gate(self.users, ROUNDS, PATIENCE, FILE)

    def _crowd(self, gate: Gate, control: Journal | None = None) -> Run:
        if room_for_connections(AT_WORK) < self.users:
            raise Inconclusive(
                f"too few open files allowed for {self.users} connections: type ulimit -n 4096, and try again"
            )

        def done(journal: Journal) -> bool:
            over, gave_up = gate.is_over(), gate.gave_up
            if gave_up and gate.passed:
                over = came_late(journal, gave_up) or time.monotonic() > gave_up.at + AFTERWARDS
            return over and _is_enough(control, journal)

        with self.lab.petshop(threads=self._threads, front=gate.before) as shop:
            run = self.lab.swarm(shop, users=self.users, done=done, patience=SLOWEST_RAMP)
            gate.give_up()
        return run

    def _pair(self, control: Journal | None = None) -> Watched:
        turnstile, shown = Turnstile(self.users, PAIR), Journal()

        def done(journal: Journal) -> bool:
            nonlocal shown
            if not (self._has_shown(journal) and _is_enough(control, journal)):
                return False
            shown = journal.copy()
            turnstile.open()
            return True

        with self._two_seats(self.lab, turnstile.before) as shop:
            try:
                run = self.lab.swarm(shop, users=self.users, done=done)
            finally:
                turnstile.open()
        return Watched(run, shown if len(shown) else run.journal)

    def _has_shown(self, journal: Journal) -> bool:
        """Tell whether the two who are served have shown that they go on, and whether they pause."""
        if self._may_end and journal.age < LOOK:
            return False
        if len(journal) <= STEADY and journal.age < SLOW:
            return False  # at once: the shop that is being measured has to wait for each look
        # A short silence proves nothing: few requests are enough as long as they keep coming.
        is_slow = journal.age > SLOW and time.monotonic() - max(request.end for request in journal) < RECENT
        are_all_there = len(journal.visits()) >= self.users
        enough = FEW if is_slow else STEADY
        return (are_all_there and len(settled(journal)) > enough) or len(journal) > 3 * STEADY

    @cached_property
    def _may_end(self) -> bool:
        return not ENDS.isdisjoint(self.lab.words)

    @contextmanager
    def _control(self) -> Iterator[Journal]:
        """Run two users who never pause until the block ends; yield what their shop sees of them."""
        lab, is_over = self.lab.control(), threading.Event()
        with self._two_seats(lab) as shop, ThreadPoolExecutor(1) as beside:
            run = beside.submit(lab.swarm, shop, users=PAIR, done=lambda _: is_over.is_set())
            try:
                yield shop.journal
            finally:
                is_over.set()
            run.result()

    def _two_seats(self, lab: Lab, front: Middleware = lambda app: app) -> AbstractContextManager[Target]:
        """Serve a shop of a capacity that leaves the machine idle."""
        return lab.petshop(
            threads=self._threads, front=lambda app: front(Capacity(narrow(app), seats=PAIR, work_ms=WORK_MS))
        )

    @property
    def _threads(self) -> int:
        return self.users + SPARE_THREADS


def came_late(journal: Journal, gave_up: GivenUp) -> bool:
    """Tell whether users that were not at the gate when it gave up came afterwards, and so had not stopped."""
    return len({request.visitor for request in journal if request.end > gave_up.at}) > gave_up.waiting


def _is_enough(control: Journal | None, beside: Journal) -> bool:
    """Tell whether there is no control, or it has sent enough, or it has had enough time beside a swarm."""
    return control is None or len(control) > STEADY or beside.age > SLOWEST_RAMP
