"""The stress test: the runs that show whether a submission's users are all there at once, and whether any pauses.

Two runs, each made when it is first asked for. Where the machine may be the reason for what they show, each is made
once more, and at the same time runs a control: two users of the grader's who never pause.
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
WORK_MS = 10  # of a request in a shop with a seat for each of the two
SPARE_THREADS = 20  # of a shop, besides one for each request that waits
ROUNDS = 4  # times that all users have to stand at the gate together
PATIENCE = 5.0  # seconds: a swarm that could send one more request does so in this time, however busy the machine is
SLOWEST_RAMP = 15.0  # seconds until 200 users are there; at the 50 users/s of the README it is 4
AFTERWARDS = 5.0  # seconds in which users that a lock or a long sleep has kept from the gate show themselves
# What can end a test or its users, as names in the code. Where one stands, the pair is watched for LOOK seconds:
# nobody sees beforehand that a timer will ring.
ENDS = {"quit", "stop", "kill", "killall", "exit", "_exit", "abort", "alarm", "setitimer", "raise_signal", "run_time"}
ENDS |= {f".{name}" for name in ENDS} | {"StopTest", "StopUser", ".StopTest", ".StopUser"}
LOOK = 30.0
STEADY = 300  # requests, from two users
SLOW, FEW = 8.0, 8  # seconds, and requests that are enough after these: users who sleep in the code do so in real time
RECENT = 1.0  # seconds since the last answer: users who go on, though slowly
# Of 200 users let out two at a time, on two cores that had ten processes more to run, the quickest fortieth was at most
# 4 ms late, the lower quartile at most 10 ms, and one in 400 times a user was so by more than 250 ms.
FILE = SingleFile(abreast=2, late=0.25, most_late=20, longest=5.0)


class Watched(NamedTuple):
    """A run that has ended, and what it had shown when the end was decided: users hurry when Locust lets them go."""

    run: Run
    shown: Journal


class StressTest:
    """The two runs of a submission with `users` users, each made when it is first asked for; and again with a control.

    `gate` is the one that the users of the first run stood at.
    """

    def __init__(self, lab: Lab, users: int) -> None:
        self.lab, self.users = lab, users
        self.gate = self._new_gate()

    @cached_property
    def crowd(self) -> Run:
        """All users at a gate: no request is answered until each user waits for its answer, four times over.

        The second time and the third they are let out in single file. So it shows how soon each user sends its next
        request while all the others are there.
        """
        return self._crowd(self.gate)

    @cached_property
    def pair(self) -> Watched:
        """All users again. Two of them get quick answers, the others wait for theirs all the time."""
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
        """Whether all users of another crowd stood at the gate, and the gaps of the control meanwhile, sorted."""
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
            return False  # at once: whatever this takes, the shop that is being measured has to wait for
        # Silence proves nothing before it has lasted: few requests are enough as long as they come.
        is_slow = journal.age > SLOW and time.monotonic() - max(request.end for request in journal) < RECENT
        are_all_there = len(journal.visits()) >= self.users
        enough = FEW if is_slow else STEADY
        return (are_all_there and len(settled(journal)) > enough) or len(journal) > 3 * STEADY

    @cached_property
    def _may_end(self) -> bool:
        return not ENDS.isdisjoint(self.lab.words)

    @contextmanager
    def _control(self) -> Iterator[Journal]:
        """Run two users who never pause to the end of the block; give what their shop sees of them."""
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
    """Tell whether users who did not wait at the gate when it gave up came afterwards: they had not stopped."""
    return len({request.visitor for request in journal if request.end > gave_up.at}) > gave_up.waiting


def _is_enough(control: Journal | None, beside: Journal) -> bool:
    """Tell whether a control, where there is one, has sent enough, or has had time for that beside a swarm."""
    return control is None or len(control) > STEADY or beside.age > SLOWEST_RAMP
