"""Stage 02: 200 users without think time, and the capacity of the mystery shop."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import pytest

from checks.lab import (
    AT_WORK,
    Failed,
    Gate,
    Inconclusive,
    Journal,
    Lab,
    Middleware,
    Request,
    Run,
    Target,
    Turnstile,
    aside,
    crowded,
    narrow,
    read_findings,
    require_requests,
)
from petshop_app import mystery
from petshop_app.capacity import Capacity
from petshop_app.server import room_for_connections

USERS = 200
PAIR = 2  # so few are enough to see a pause, and leave the machine idle
THREADS = USERS + 20  # each request that waits takes one
ROUNDS = 3  # times that all users have to stand at the gate together
PATIENCE = 5.0  # seconds: a swarm that could send one more request does so in this time, however busy the machine is
SLOWEST_RAMP = 15.0  # seconds to 200 users; at the 50 users/s of the README it is 4
AFTERWARDS = 5.0  # seconds in which users that a lock or a long sleep has kept from the gate show themselves
STEADY = 300  # requests, from two users
FEW = 8  # of them are enough after 8 s: who sleeps by itself does so in real time
# Seconds between answer and next request. Beside eight busy loops on two cores, the quickest fortieth was at most
# 1.8 ms and the lower quartile at most 6 ms. A sleep of fixed length shows in the first, one of random length in the
# second. Of few gaps, each has to be a long one.
QUICKEST, QUARTILE, LONG, MANY = 0.005, 0.015, 0.5, 20
STALLS = 2  # times that a machine may stand still for long, which delays each user once
NOISE = 2  # a sleep adds more to the lower quartile than twice the control's, measured at the same time
NOTHING = 0.001  # seconds: a think time below is none
TOLERANCE, WHOLE_USERS = 0.15, 2.0  # of the true value; nobody steps finer than by two users


class Trial:
    """The two runs of a submission, each made when it is first asked for."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.gate = Gate(USERS, ROUNDS, PATIENCE)

    @cached_property
    def crowd(self) -> Run:
        """200 users: no request is answered until 200 wait for their answers, three times over."""
        if room_for_connections(AT_WORK) < USERS:
            raise Inconclusive(
                f"too few open files allowed for {USERS} connections: type ulimit -n 4096, and try again"
            )
        with self.lab.petshop(threads=THREADS, front=self.gate.before) as shop:
            run = self.lab.swarm(shop, users=USERS, done=self._crowd_has_shown, patience=SLOWEST_RAMP)
            self.gate.give_up()
        return run

    def _crowd_has_shown(self, journal: Journal) -> bool:
        over, given_up = self.gate.is_over(), self.gate.gave_up
        if given_up and self.gate.passed:
            return self.came_late(journal) or time.monotonic() > given_up.at + AFTERWARDS
        return over

    def came_late(self, journal: Journal) -> bool:
        """Tell whether users who did not wait at the gate when it gave up came afterwards: they had not stopped."""
        given_up = self.gate.gave_up
        if given_up is None:
            return False
        return len({request.visitor for request in journal if request.end > given_up.at}) > given_up.waiting

    @cached_property
    def pair(self) -> Run:
        """Two users and quick answers. Where the file makes it 200 users, the others wait for theirs all the time."""
        with self._quick_shop() as shop:
            return self.lab.swarm(shop, users=PAIR, done=self._pair_has_shown)

    @cached_property
    def controlled(self) -> tuple[Run, Run]:
        """The same once more, and at the same time two users who never pause: the control."""
        control, over = self.lab.control(), threading.Event()
        with self._quick_shop() as shop, _of_two_seats(control) as other, ThreadPoolExecutor(1) as beside:
            honest = beside.submit(control.swarm, other, users=PAIR, done=lambda _: over.is_set())

            def done(own: Journal) -> bool:
                return self._pair_has_shown(own) and (len(other.journal) > STEADY or own.age > SLOWEST_RAMP)

            try:
                run = self.lab.swarm(shop, users=PAIR, done=done)
            finally:
                over.set()
            return run, honest.result()

    @cached_property
    def _pair_size(self) -> int:
        declared = self.crowd.record
        return USERS if declared.shape or any(user.fixed_count for user in declared.users) else PAIR

    @contextmanager
    def _quick_shop(self) -> Iterator[Target]:
        if self._pair_size == PAIR:
            with _of_two_seats(self.lab) as shop:
                yield shop
            return
        turnstile = Turnstile(self._pair_size, PAIR)
        with _of_two_seats(self.lab, turnstile.before) as shop:
            try:
                yield shop
            finally:
                turnstile.open()

    def _pair_has_shown(self, journal: Journal) -> bool:
        if len(journal) <= STEADY and journal.age < 8:
            return False  # at once: whatever this takes, the shop that is being measured has to wait for
        # Silence proves nothing before it has lasted: few requests are enough as long as they come.
        is_slow = journal.age > 8 and time.monotonic() - max(request.end for request in journal) < 1
        goal = FEW if is_slow else STEADY
        settled = _settled(journal) if len(journal.visits()) >= self._pair_size else []
        return len(settled) > goal or len(journal) > 3 * STEADY


def _of_two_seats(lab: Lab, front: Middleware = lambda app: app) -> AbstractContextManager[Target]:
    return lab.petshop(threads=THREADS, front=lambda app: front(Capacity(narrow(app), PAIR, 10)))


@dataclass(frozen=True)
class Limits:
    """How long the quickest fortieth and the quickest quarter of gaps may be, in seconds, and how many may be long."""

    quickest: float = QUICKEST
    quartile: float = QUARTILE
    long: int = STALLS * PAIR

    def beside(self, noise: list[float]) -> "Limits":
        """Return the limits on a machine that makes such gaps for users who don't pause; sorted."""
        usual = noise[len(noise) // 4]  # their quickest ones are too few to be compared
        long = sum(gap > LONG for gap in noise)
        return Limits(self.quickest + usual, self.quartile + NOISE * usual, self.long + NOISE * long)


def _settled(journal: Journal) -> list[Request]:
    """Return the requests since every visitor was there: while Locust starts users, it has no time for the others."""
    complete = max(own[0].start for own in journal.visits().values())
    return [request for request in journal if request.end > complete]


@pytest.fixture(scope="module")
def trial(lab: Lab) -> Trial:
    """The submission's two runs."""
    return Trial(lab)


@pytest.mark.criterion(points=1)
def test_loads(trial: Trial) -> None:
    """Locust loads the file, and its users send every request to the pet shop."""
    require_requests(trial.crowd)
    for stray in trial.crowd.record.strays:
        raise Failed(
            f"{stray.place}a request goes to {stray.url}",
            "every request reaches the shop that grades",
            'write the path alone, such as "/pets": Locust puts the host in front of it',
        )


@pytest.mark.criterion(points=3, after="loads")
def test_users(trial: Trial) -> None:
    """200 users are held: each is one visitor of the shop, and all have a request on its way at the same time."""
    run, gate = trial.crowd, trial.gate
    # Where some wait at the gate and the others come when these are through, they wait for each other. Not where Locust
    # has ended: some of its last requests may still be on their way to the gate.
    wait_for_each_other = gate.gave_up and gate.gave_up.waiting and trial.came_late(run.journal)
    if not gate.passed or (wait_for_each_other and not run.ended_by_itself):
        raise _too_few(trial)
    visitors, shared = len(run.journal.visits()), len(crowded(run))
    if visitors != USERS or shared:
        seen = f"{USERS} users looked like {visitors} visitors"
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
    if started < USERS and run.record.shape:
        seen = f"the shape {run.record.shape} decides how many users there are, and {seen}"
        advice = f"a LoadTestShape overrides -u and -r: let it reach {USERS} users at 50 users/s and stay, or delete it"
        return Failed(seen, expected, advice)
    if started < USERS and fixed:
        advice = f"delete fixed_count from class {fixed}: it overrides -u"
        return Failed(f"class {fixed} has a fixed_count, and {seen}", expected, advice)
    if run.ended_by_itself:
        return _ended(run)
    if started < USERS:
        return Inconclusive(f"Locust had started {started} of {USERS} users after {run.seconds:.0f} s; try again")
    return Failed(
        f"{started} users were started, but {seen}",
        expected,
        "look for what makes users wait for each other: a lock, a semaphore, a queue, a shared connection pool",
    )


def _ended(run: Run) -> Failed:
    return Failed(
        f"Locust ended by itself within {run.seconds:.0f} s, with status {run.exit_code}{aside(run)}",
        "each user goes on until Locust is told to stop",
        "let nothing in the file end the test: no quit(), no exit(), no shape that comes to an end",
    )


@pytest.mark.criterion(points=1, after="users")
def test_goes_on(trial: Trial) -> None:
    """No user stops before the test ends."""
    run = trial.crowd
    if run.ended_by_itself:
        raise _ended(run)
    if trial.gate.gave_up and not trial.came_late(run.journal):
        raise _stopped(USERS - trial.gate.gave_up.waiting, USERS, min(run.journal.visits().values(), key=len), run)
    run = trial.pair
    if run.ended_by_itself:
        raise _ended(run)
    visits = list(run.journal.visits().values())
    if len(visits) < 2 and run.out_of_time:
        raise Inconclusive(f"{len(run.journal)} requests in {run.seconds:.0f} s; the machine may be too busy")
    # Both get the same share of the shop, so who is silent while the others get 50 answers each has stopped.
    silent = [own for own in visits if sum(r.start > own[-1].end for r in run.journal) > 50 * len(visits)]
    if run.fell_silent:
        silent = visits
    if silent:
        raise _stopped(len(silent), len(visits), silent[0], run)


def _stopped(count: int, users: int, requests: list[Request], run: Run) -> Failed:
    return Failed(
        f"{count} of {users} users stopped, such as one after {len(requests)} requests{aside(run)}",
        "each user goes on until Locust is told to stop",
        "wait_time, where there is one, is a function such as constant(0), and no task may end its user or the test",
    )


@pytest.mark.criterion(points=2, after="goes_on")
def test_no_pause(trial: Trial) -> None:
    """No time passes between a user's answer and its next request."""
    run = trial.pair
    expected = "the next request follows at once"
    waits = [wait.asked for wait in run.record.waits if wait.asked > NOTHING]
    if waits:
        raise Failed(
            f"users wait after a task, {len(waits)} times in this run: {min(waits):.3g} to {max(waits):.3g} s",
            expected,
            "wait_time = constant(0), or none; pacing (constant_pacing, constant_throughput) waits after quick answers",
        )
    if _fault(run, Limits(), expected):
        _require_pauses_of_its_own(trial, expected)
    if sum(map(len, _gaps(run.journal).values())) < MANY:
        raise Inconclusive(f"{len(run.journal)} requests in {run.seconds:.0f} s are too few to judge by; try again")


def _require_pauses_of_its_own(trial: Trial, expected: str) -> None:
    """Return where users pause no more, now that they are watched beside others who never do.

    Raises:
        Failed: they do, and the others don't.
        Inconclusive: so do the others, so that it is the machine's doing.
    """
    run, control = trial.controlled
    noise = sorted(gap for own in _gaps(control.journal).values() for gap in own)
    if len(noise) < MANY:
        raise Inconclusive(f"{len(control.journal)} requests of the grader's own users are too few; try again")
    if fault := _fault(run, Limits().beside(noise), expected):
        raise fault
    if _fault(run, Limits(), expected):
        seen = f"users who never pause were {noise[len(noise) // 2] * 1000:.0f} ms late at the same time"
        raise Inconclusive(f"{seen}; try again when the machine is less busy")


def _fault(run: Run, limits: Limits, expected: str) -> Failed | None:
    """Return what says that users pause, None where they don't."""
    gaps = _gaps(run.journal)
    for step, own in gaps.items():
        if slept := _slept(own, limits):
            return Failed(
                f"{slept * 1000:.0f} ms pass {step}, as a rule, and no wait_time asked for them",
                expected,
                "look for a sleep in that task, or for work that takes as long",
            )
    long = [gap for own in gaps.values() for gap in own if gap > LONG]
    if len(long) > limits.long:
        seen = f"{len(long)} times a user was silent for more than {LONG} s, for {max(long):.1f} s at most"
        return Failed(seen, expected, "look for a sleep that comes now and then, or for work that takes as long")
    return None


def _gaps(journal: Journal) -> dict[str, list[float]]:
    """Return the seconds between answer and next request, sorted, by what was asked for before and after."""
    gaps: dict[str, list[float]] = {}
    settled = {request.id for request in _settled(journal)}
    for requests in journal.visits().values():
        for before, after in pairwise(requests[1:]):  # the first answers of a crowd come all at once
            if before.id in settled:
                step = re.sub(r"/\d+", "/<id>", f"between {before} and {after}")
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
    run = trial.pair
    for error in (*trial.crowd.record.errors, *run.record.errors):
        raise Failed(f"tasks end in an error: {error.place}{error.error}", "tasks without errors", "mend that line")
    figures = run.record.figures
    if figures is None:
        seen = f"Locust ended with status {run.exit_code} and left no report"
        raise Failed(seen, "a run that ends when Locust ends it", "let nothing in the file end the process")
    in_flight = len(run.journal.visits())  # at the end each user may have one
    if abs(figures.requests - len(run.journal)) > in_flight:
        raise Failed(
            f"the shop saw {len(run.journal)} requests, Locust reports {figures.requests}",
            "the same requests in both",
            "send them through self.client; with catch_response=True it takes a with block",
        )
    for failure in figures.failures:
        raise Failed(
            f"{failure.method} {failure.name} counts as failed {failure.count} times: {failure.message}",
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
            "measure with 50 and with 100 users, a minute each, a fresh shop each time: both show the same RPS in "
            "Aggregated (each of the two rows has half of it), and Locust shows no CPU warning",
        )
    off = found.users_at_saturation - limits.seats
    if abs(off) > max(WHOLE_USERS, TOLERANCE * limits.seats) + 1e-9:
        raise Failed(
            f"users_at_saturation = {found.users_at_saturation:g} is too {'high' if off > 0 else 'low'} for {shop}",
            f"the fewest users with whom RPS is at its highest, at most {TOLERANCE:.0%} or 2 users off",
            "Little's law tells: max_throughput_rps times the response time, in seconds, of a single user",
        )
