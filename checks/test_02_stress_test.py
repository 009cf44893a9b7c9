"""Stage 02: 200 users without think time, and the capacity of the mystery shop."""

import math
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, TypeVar

import pytest

from checks.judging.visitors import crowded
from checks.lab import (
    Failed,
    Inconclusive,
    Journal,
    Lab,
    Request,
    Run,
    Target,
    amount,
    aside,
    blamed,
    forbid_errors,
    require_requests,
)
from checks.lab.lab import Middleware
from checks.lab.submission.findings import read_findings
from checks.lab.target.middleware.gates import AT_WORK, Gate, SingleFile, Turnstile, narrow
from petshop_app import mystery
from petshop_app.capacity import Capacity
from petshop_app.server import room_for_connections

USERS = 200
PAIR = 2  # so few are enough to see a pause, and leave the machine idle
THREADS = USERS + 20  # each request that waits takes one
ROUNDS = 4  # times that all users have to stand at the gate together
PATIENCE = 5.0  # seconds: a swarm that could send one more request does so in this time, however busy the machine is
SLOWEST_RAMP = 15.0  # seconds to 200 users; at the 50 users/s of the README it is 4
AFTERWARDS = 5.0  # seconds in which users that a lock or a long sleep has kept from the gate show themselves
# What can end a test or its users, as names in the code. Where one stands, the pair is watched for LOOK seconds more:
# nobody sees beforehand that a timer will ring.
ENDS = {"quit", "stop", "kill", "killall", "exit", "_exit", "abort", "alarm", "setitimer", "raise_signal", "run_time"}
ENDS |= {f".{name}" for name in ENDS} | {"StopTest", "StopUser", ".StopTest", ".StopUser"}
LOOK = 30.0
STEADY = 300  # requests, from two users
FEW = 8  # of them are enough after 8 s: who sleeps by itself does so in real time
# Seconds between answer and next request. Beside eight busy loops on two cores, the quickest fortieth was at most
# 1.8 ms and the lower quartile at most 6 ms. A sleep of fixed length shows in the first, one of random length in the
# second. Of few gaps, each has to be a long one.
QUICKEST, QUARTILE, LONG, MANY = 0.005, 0.015, 0.5, 20
VARYING = re.compile(r"/[^/\s]*\d[^/\s]*")  # a part of a path that is another one each time: a number, a uuid
STALLS = 2  # times that a machine may stand still for long, which delays each user once
# Of 200 users let out two at a time, on two cores that had ten processes more to run, the quickest fortieth was at most
# 4 ms late, the lower quartile at most 10 ms, and one in 400 times a user was so by more than 250 ms.
FILE = SingleFile(abreast=2, late=0.25, most_late=20, longest=5.0)
NOISE = 2  # a sleep adds more to the lower quartile than twice the control's, measured at the same time
NOTHING = 0.001  # seconds: a think time below is none
STANDSTILL = 2.0  # seconds that a control is late: less is no reason why users never come
OTHERS = "users who never pause"  # the control
SAME_NAME = "did you start the shop with --mystery and this very name? Its numbers follow from the name. If you did: "
TOLERANCE, WHOLE_USERS = 0.15, 2.0  # of the true value; nobody steps finer than by two users

T = TypeVar("T")
Gaps = dict[str, list[float]]  # seconds between answer and next request, sorted, by what was asked before and after


class Watched(NamedTuple):
    """A run that has ended, and what it had shown when the end was decided: users hurry when Locust lets them go."""

    run: Run
    shown: Journal


class Trial:
    """The two runs of a submission, each made when it is first asked for; and once more, beside a control."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.gate = _gate()

    @cached_property
    def crowd(self) -> Run:
        """200 users: no request is answered until 200 wait for their answers, four times over.

        The second time and the third they are let out in single file. So it shows how soon each user sends its next
        request although 199 others are there.
        """
        return self._crowd(self.gate)

    def _crowd(self, gate: Gate, also: Callable[[Journal], bool] = lambda _: True) -> Run:
        if room_for_connections(AT_WORK) < USERS:
            raise Inconclusive(
                f"too few open files allowed for {USERS} connections: type ulimit -n 4096, and try again"
            )

        def done(journal: Journal) -> bool:
            over, given_up = gate.is_over(), gate.gave_up
            if given_up and gate.passed:
                over = came_late(gate, journal) or time.monotonic() > given_up.at + AFTERWARDS
            return over and also(journal)

        with self.lab.petshop(threads=THREADS, front=gate.before) as shop:
            run = self.lab.swarm(shop, users=USERS, done=done, patience=SLOWEST_RAMP)
            gate.give_up()
        return run

    @cached_property
    def pair(self) -> Watched:
        """200 users again. Two of them get quick answers, the others wait for theirs all the time."""
        return self._pair()

    def _pair(self, also: Callable[[Journal], bool] = lambda _: True) -> Watched:
        turnstile, shown = Turnstile(USERS, PAIR), Journal()

        def done(journal: Journal) -> bool:
            nonlocal shown
            if not (self._pair_has_shown(journal) and also(journal)):
                return False
            shown = journal.copy()
            turnstile.open()
            return True

        with _of_two_seats(self.lab, turnstile.before) as shop:
            try:
                run = self.lab.swarm(shop, users=USERS, done=done)
            finally:
                turnstile.open()
        return Watched(run, shown if len(shown) else run.journal)

    @cached_property
    def crowd_beside_control(self) -> tuple[Gaps, Gaps]:
        """How late the users of another crowd were, and at the same time two users who never pause: the control."""
        gate = _gate()
        run, control = self._beside_control(lambda also: self._crowd(gate, also))
        require_requests(run)
        return _gaps_at(gate, run.journal), _gaps(control.journal)

    @cached_property
    def pair_beside_control(self) -> tuple[Gaps, Gaps]:
        """How late another pair was, and at the same time the control."""
        watched, control = self._beside_control(self._pair)
        require_requests(watched.run)
        return _gaps(watched.shown), _gaps(control.journal)

    @cached_property
    def crowd_again(self) -> tuple[bool, list[float]]:
        """Whether another crowd was held, and how late the control was at the same time, sorted."""
        gate = _gate()
        _, control = self._beside_control(lambda also: self._crowd(gate, also))
        gaps = _gaps(control.journal)
        return gate.gave_up is None and gate.passed == ROUNDS, sorted(gap for own in gaps.values() for gap in own)

    def _beside_control(self, swarm: Callable[[Callable[[Journal], bool]], T]) -> tuple[T, Run]:
        control, over = self.lab.control(), threading.Event()
        with _of_two_seats(control) as other, ThreadPoolExecutor(1) as beside:
            honest = beside.submit(control.swarm, other, users=PAIR, done=lambda _: over.is_set())
            try:
                result = swarm(lambda own: len(other.journal) > STEADY or own.age > SLOWEST_RAMP)
            finally:
                over.set()
            return result, honest.result()

    @cached_property
    def _may_end_by_itself(self) -> bool:
        return not ENDS.isdisjoint(self.lab.words)

    def _pair_has_shown(self, journal: Journal) -> bool:
        if self._may_end_by_itself and journal.age < LOOK:
            return False
        if len(journal) <= STEADY and journal.age < 8:
            return False  # at once: whatever this takes, the shop that is being measured has to wait for
        # Silence proves nothing before it has lasted: few requests are enough as long as they come.
        is_slow = journal.age > 8 and time.monotonic() - max(request.end for request in journal) < 1
        goal = FEW if is_slow else STEADY
        settled = _settled(journal) if len(journal.visits()) >= USERS else []
        return len(settled) > goal or len(journal) > 3 * STEADY


def _gate() -> Gate:
    return Gate(USERS, ROUNDS, PATIENCE, FILE)


def came_late(gate: Gate, journal: Journal) -> bool:
    """Tell whether users who did not wait at the gate when it gave up came afterwards: they had not stopped."""
    given_up = gate.gave_up
    if given_up is None:
        return False
    return len({request.visitor for request in journal if request.end > given_up.at}) > given_up.waiting


def _of_two_seats(lab: Lab, front: Middleware = lambda app: app) -> AbstractContextManager[Target]:
    return lab.petshop(threads=THREADS, front=lambda app: front(Capacity(narrow(app), PAIR, 10)))


@dataclass(frozen=True)
class Limits:
    """How long the quickest fortieth and the quickest quarter of gaps may be, in seconds, and how many long ones.

    Long is what takes more than `silence` seconds.
    """

    quickest: float = QUICKEST
    quartile: float = QUARTILE
    long: int = STALLS * PAIR
    silence: float = LONG

    def beside(self, noise: list[float]) -> "Limits":
        """Return the limits on a machine that makes such gaps for users who don't pause; sorted."""
        usual = noise[len(noise) // 4]  # their quickest ones are too few to be compared
        long = self.long + NOISE * sum(gap > self.silence for gap in noise)
        return replace(self, quickest=self.quickest + usual, quartile=self.quartile + NOISE * usual, long=long)


CROWDED = Limits(quickest=0.01, quartile=0.03, long=STALLS * FILE.abreast, silence=FILE.late)


def _settled(journal: Journal) -> list[Request]:
    """Return the requests since every visitor was there: while Locust starts users, it has no time for the others."""
    complete = max((own[0].start for own in journal.visits().values()), default=0.0)
    return [request for request in journal if request.end > complete]


@pytest.fixture(scope="module")
def trial(lab: Lab) -> Trial:
    """The submission's two runs."""
    return Trial(lab)


@pytest.mark.criterion(points=1)
def test_loads(trial: Trial) -> None:
    """Locust loads the file, and its users send every request to the pet shop."""
    require_requests(trial.crowd)


@pytest.mark.criterion(points=3, after="loads")
def test_users(trial: Trial) -> None:
    """200 users are held: each is one visitor of the shop, and all have a request on its way at the same time."""
    run, gate = trial.crowd, trial.gate
    # Where some wait at the gate and the others come when these are through, they wait for each other. Not where Locust
    # has ended: some of its last requests may still be on their way to the gate.
    wait_for_each_other = gate.gave_up and gate.gave_up.waiting and came_late(gate, run.journal)
    if not gate.passed or (wait_for_each_other and not run.ended_by_itself):
        raise _too_few(trial)
    visitors, shared = len(run.journal.visits()), len(crowded(run))
    if visitors != USERS or shared:
        seen = f"{USERS} users looked like {amount(visitors, 'visitor')}"
        seen += f", {shared} of them with two requests at once" if shared else ""
        advice = "send every request through self.client: each user has its own, which keeps the user's cookies"
        raise Failed(seen + aside(run), f"{USERS} visitors, one for each user", advice)


def _too_few(trial: Trial) -> Exception:
    """Return why 200 requests were not on their way at once."""
    run, gave_up = trial.crowd, trial.gate.gave_up
    started = max((int(number) for number in re.findall(r"\((\d+) total users\)", run.log)), default=0)
    seen = "then no more" if trial.gate.passed else "no more"
    seen += f" than {gave_up.waiting if gave_up else 0} had a request on its way at the same time{aside(run)}"
    expected = f"{USERS} at once, one from each of the {USERS} users that Locust is asked for"
    fixed = next((user.name for user in run.record.users if user.fixed_count), "")
    if started < USERS and run.record.shape:  # what Locust's log says chooses the words here, and no verdict
        seen = f"the shape {run.record.shape} decides how many users there are, and {seen}"
        advice = f"a LoadTestShape overrides -u and -r: let it reach {USERS} users at 50 users/s and stay, or delete it"
        return Failed(seen, expected, advice)
    if started < USERS and fixed:
        advice = f"delete fixed_count from class {fixed}: it overrides -u"
        return Failed(f"class {fixed} has a fixed_count, and {seen}", expected, advice)
    if run.ended_by_itself:
        return _ended(run)
    advice = "look for what makes users wait for each other: a lock, a semaphore, a queue, a shared connection pool"
    if started >= USERS:
        return Failed(f"{started} users were started, but {seen}", expected, advice)
    held, noise = trial.crowd_again
    if busy := "they did so when they were watched once more" if held else _busy(noise):
        return Inconclusive(f"of {USERS} users {seen}, and {busy}; try again")
    return Failed(
        f"of {USERS} users {seen}, and {OTHERS} were not held up beside them",
        expected,
        f"{advice}; or for what takes long before a user's first request, in its __init__ or on_start",
    )


def _ended(run: Run) -> Failed:
    return blamed(
        run,
        f"Locust ended by itself within {run.seconds:.0f} s, with status {run.exit_code}",
        "each user goes on until Locust is told to stop",
        "let nothing in the file end the test: no quit(), no exit(), no shape that comes to an end",
    )


@pytest.mark.criterion(points=1, after="users")
def test_goes_on(trial: Trial) -> None:
    """No user stops before the test ends."""
    run = trial.crowd
    if run.ended_by_itself:
        raise _ended(run)
    if trial.gate.gave_up and not came_late(trial.gate, run.journal):
        raise _stopped(USERS - trial.gate.gave_up.waiting, USERS, min(run.journal.visits().values(), key=len), run)
    run, shown = trial.pair
    if run.ended_by_itself:
        raise _ended(run)
    require_requests(run)
    served = [own for own in shown.visits().values() if len(own) > 1]  # the others are still kept waiting
    if len(served) < PAIR and run.out_of_time:
        _require_more(trial, f"{len(run.journal)} requests in {run.seconds:.0f} s", "users who go on at once")
    # Both get the same share of the shop, so who is silent while the others get 50 answers each has stopped.
    silent = [own for own in served if sum(request.start > own[-1].end for request in shown) > 50 * len(served)]
    if run.fell_silent:
        silent = served or list(shown.visits().values())
    if silent:
        raise _stopped(len(silent), len(served) or USERS, silent[0], run)


def _stopped(count: int, users: int, requests: list[Request], run: Run) -> Failed:
    return blamed(
        run,
        f"{count} of {users} users stopped, such as one after {amount(len(requests), 'request')}",
        "each user goes on until Locust is told to stop",
        "wait_time, where there is one, is a function such as constant(0), and no task may end its user or the test",
        requests[-1],
    )


@pytest.mark.criterion(points=2, after="goes_on")
def test_no_pause(trial: Trial) -> None:
    """No time passes between a user's answer and its next request."""
    expected = "the next request follows at once"
    (run, shown), crowd = trial.pair, trial.crowd
    waits = [wait.asked for wait in (*run.record.waits, *crowd.record.waits) if wait.asked > NOTHING]
    if waits:
        often = amount(len(waits), "time")
        raise Failed(
            f"users wait after a task, {often} in these runs: {min(waits):.3g} to {max(waits):.3g} s",
            expected,
            "wait_time = constant(0), or none, in each user class; pacing (constant_pacing, constant_throughput) "
            "waits after quick answers",
        )
    if _fault(_gaps(shown), Limits(), expected):
        _require_pauses_of_its_own(*trial.pair_beside_control, Limits(), expected)
    if _fault(_gaps_at(trial.gate, crowd.journal), CROWDED, expected):
        _require_pauses_of_its_own(*trial.crowd_beside_control, CROWDED, f"{expected}, with {USERS} users too")
    if _count(_gaps(shown)) < MANY:
        _require_more(trial, f"{len(shown)} requests in {run.seconds:.0f} s are too few to judge by", expected)


def _count(gaps: Gaps) -> int:
    return sum(map(len, gaps.values()))


def _require_more(trial: Trial, seen: str, expected: str) -> None:
    """Watch two users again that came to too little, beside others that never pause.

    Raises:
        Failed: they pause, or come to too little again, and the others don't.
        Inconclusive: so do the others, or nobody did this time.
    """
    _require_pauses_of_its_own(*trial.pair_beside_control, Limits(), expected)
    raise Inconclusive(f"{seen}, though they went on when they were watched once more; try again")


def _busy(noise: list[float]) -> str:
    """Return what shows that the machine is too busy for users who have nothing else to do; empty if nothing."""
    if len(noise) < MANY:
        return f"{OTHERS} came to {amount(len(noise), 'request')}"
    if noise[-1] > STANDSTILL:
        return f"one of the {OTHERS} was {noise[-1]:.1f} s late"
    late = noise[len(noise) // 2]
    return f"{OTHERS} were {late * 1000:.0f} ms late" if late > QUARTILE else ""


def _require_pauses_of_its_own(own: Gaps, control: Gaps, limits: Limits, expected: str) -> None:
    """Return where users pause no more, now that they are watched beside others who never do.

    Raises:
        Failed: they do, and the others don't.
        Inconclusive: so do the others, so that it is the machine's doing.
    """
    noise = sorted(gap for gaps in control.values() for gap in gaps)
    if len(noise) < MANY:
        raise Inconclusive(f"{len(noise)} requests of the grader's own users are too few; try again")
    if fault := _fault(own, limits.beside(noise), expected):
        raise fault
    if _fault(own, limits, expected):
        seen = f"{OTHERS} were {noise[len(noise) // 2] * 1000:.0f} ms late at the same time"
        raise Inconclusive(f"{seen}; try again when the machine is less busy")
    if _count(own) < MANY:
        seen = f"watched once more, users sent {amount(_count(own), 'request')}, and {OTHERS} {len(noise)}"
        raise Failed(seen, expected, "look for a sleep, for work that takes long, or for what makes users stop")


def _fault(gaps: Gaps, limits: Limits, expected: str) -> Failed | None:
    """Return what says that users pause, None where they don't."""
    rare = sorted(gap for own in gaps.values() if len(own) < MANY for gap in own)
    pooled = {"between two requests that are seldom sent": rare} if len(rare) >= MANY else {}
    for step, own in {**gaps, **pooled}.items():
        if slept := _slept(own, limits):
            return Failed(
                f"{slept * 1000:.0f} ms pass {step}, as a rule, and no wait_time asked for them",
                expected,
                "look for a sleep in that task, or for work that takes as long",
            )
    long = [gap for own in gaps.values() for gap in own if gap > limits.silence]
    if len(long) > limits.long:
        often = amount(len(long), "time")
        seen = f"{often} a user was silent for more than {limits.silence} s, for {max(long):.1f} s at most"
        return Failed(seen, expected, "look for a sleep that comes now and then, or for work that takes as long")
    return None


def _gaps(journal: Journal) -> Gaps:
    """Return how late users were since every one was there; the first answers of a crowd come all at once."""
    settled = {request.id for request in _settled(journal)}
    later = settled - {requests[0].id for requests in journal.visits().values()}
    return _gaps_after(journal, lambda request: request.id in later)


def _gaps_at(gate: Gate, journal: Journal) -> Gaps:
    """Return how late the users were whom a gate let out in single file; all of them where it gave up."""
    files = [(0.0, math.inf)] if gate.gave_up else gate.files
    return _gaps_after(journal, lambda request: any(start <= request.end <= end for start, end in files))


def _gaps_after(journal: Journal, counts: Callable[[Request], bool]) -> Gaps:
    gaps: Gaps = {}
    for requests in journal.visits().values():
        for before, after in pairwise(requests):
            if counts(before):
                step = VARYING.sub("/<id>", f"between {before} and {after}")
                gaps.setdefault(step, []).append(after.start - before.end)
    return {step: sorted(own) for step, own in gaps.items()}


def _slept(gaps: list[float], limits: Limits) -> float:
    """Return the seconds that users sleep as a rule, judged by the quick end of their gaps; 0 where they don't."""
    if len(gaps) < MANY:
        return gaps[0] if gaps[0] > LONG else 0.0
    is_slow = gaps[len(gaps) // 40] > limits.quickest or gaps[len(gaps) // 4] > limits.quartile
    return gaps[len(gaps) // 2] if is_slow else 0.0


@pytest.mark.criterion(points=1, after="goes_on")
def test_report(trial: Trial) -> None:
    """Locust's own report, from which throughput is read, shows every request and no failure."""
    run, shown = trial.pair
    forbid_errors(trial.crowd)
    forbid_errors(run)
    figures = run.record.figures
    if figures is None:
        seen = f"Locust ended with status {run.exit_code} and left no report"
        raise Failed(seen, "a run that ends when Locust ends it", "let nothing in the file end the process")
    counted = {count.request for count in run.record.counted}
    lacking = sum(request.id not in counted for request in shown)
    if lacking > PAIR or figures.requests > len(run.journal) + USERS:  # at the end each user may have one in flight
        reported = len(shown) - lacking if lacking > PAIR else figures.requests
        raise Failed(
            f"the shop saw {len(shown)} requests, Locust reports {reported}",
            "the same requests in both",
            "send them through self.client; with catch_response=True it takes a with block",
        )
    for failure in figures.failures:
        raise Failed(
            f"{failure.method} {failure.name} counts as failed {amount(failure.count, 'time')}: {failure.message}",
            "no failure, as long as the shop is not overloaded",
            "what the shop answered says what it misses; mark an answer as a failure only where it is one",
        )


@pytest.mark.criterion(points=2)
def test_findings(lab: Lab) -> None:
    """findings.toml tells what the mystery shop can do, 15 % more or less."""
    found = read_findings(lab.submission)
    try:
        limits = mystery.limits(found.name)
    except ValueError as error:
        raise Failed(f"findings.toml has name = {found.name!r:.60}", "the name behind --mystery", str(error)) from None
    shop = f"the shop of {found.name!r}"
    ratio = found.max_throughput_rps / limits.throughput_rps
    if abs(ratio - 1) > TOLERANCE + 1e-9:
        raise Failed(
            f"max_throughput_rps = {found.max_throughput_rps:g} is too {'high' if ratio > 1 else 'low'} for {shop}",
            f"the RPS of all requests together, at most {TOLERANCE:.0%} off, once more users bring no more",
            f"{SAME_NAME}measure with 50 and with 100 users, a minute each, a fresh shop each time: both show the same "
            "RPS in Aggregated (each of the two rows has half of it), and Locust shows no CPU warning",
        )
    off = found.users_at_saturation - limits.seats
    if abs(off) > max(WHOLE_USERS, TOLERANCE * limits.seats) + 1e-9:
        raise Failed(
            f"users_at_saturation = {found.users_at_saturation:g} is too {'high' if off > 0 else 'low'} for {shop}",
            f"the fewest users with whom RPS is at its highest, at most {TOLERANCE:.0%} or 2 users off",
            f"{SAME_NAME}Little's law tells: max_throughput_rps times the response time, in seconds, of a single user",
        )
