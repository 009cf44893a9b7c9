"""Stage 03: a dashboard that takes more than 3000 ms, or comes with anything but a 200, is reported as a failure.

The shop answers `GET /` by a script in secret order, on both sides of the limit. Each answer has a number and Locust's
count of it names that number, so it is known what the submission made of each single answer.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from statistics import median

import pytest

from checks.judging.messages import columns, numbers
from checks.lab import Failed, Inconclusive, Journal, Lab, Request, Run, amount, aside, blamed, require_requests, strain
from checks.lab.locust.record import Counted
from checks.lab.target.middleware.faults import Answer, in_turn
from checks.lab.verdict.figures import require_figures, require_reported

CONSTANT, LIMIT_MS = "RESPONSE_TIME_LIMIT_MS", 3000.0
# An answer below the limit is evidence as long as it clearly came in less. The rest is room for a machine that stops
# the submission between Locust's clock and its own; one answer may still be hit by that, and on a machine where some
# are late, as many more.
LATE_MS, CHANCE = 2900.0, 1
ROUNDED_MS = 100.0  # a message may round or cut to hundreds
# So much later a busy machine may let the submission look at its own clock, with few exceptions, and so much later as a
# rule: nothing but the machine comes between Locust's clock and the submission's, or between a body and its reader.
LATER_MS, NEAR_MS, EXCEPTIONS = 1000.0, 250.0, 2
LONGEST_MS = 60_000.0  # what is more is no time of an answer, but a clock, or a port
ADDED = Answer("added", wait=0.35)  # for each new pet, so that a clock that starts too early shows
AWAY = 5.0  # seconds until a user who sends nothing has stopped; none of the script's answers holds it up any more
AFTERWARDS = Answer("afterwards", wait=0.2)  # when the script is through: not judged, and no flood without think time
OPEN = ("GET", "/")
# The most milliseconds that the script wants an answer to take, by the first word of its kind: what is more is the
# machine's doing.
MOST_MS = {"quick": 50.0, "under": 2750.0, "over": 3300.0, "far over": 4900.0, "added": 350.0, "afterwards": 200.0}
OWN_TIME = (
    "put the time that you compare with the limit into the message: of the whole answer, in milliseconds, and of no "
    "other answer"
)

TOO_LATE = (
    "Locust decides at the end of the with block, and what is said afterwards comes too late: indent the if and its "
    "failure() so that they stand inside the block"
)


def script(rng: Random) -> list[Answer]:
    """Return the answers to `GET /`: of each kind a few, in an order by chance."""

    def slow(kind: str, low: float, high: float) -> list[Answer]:
        headers, body, half = rng.uniform(low, high), rng.uniform(low, high), rng.uniform(low, high) / 2
        return [
            Answer(f"{kind}: slow headers", wait=headers),
            Answer(f"{kind}: slow body", drip=body),
            Answer(f"{kind}: headers and body", wait=half, drip=half),
        ]

    answers = [Answer("quick", wait=rng.uniform(0.02, 0.05)) for _ in range(6)]
    answers += [answer for _ in range(2) for answer in slow("under", 2.65, 2.75) + slow("over", 3.1, 3.3)]
    # Over the limit even when cut to whole seconds, and so far over that no time may stand for both: whatever message
    # fits an answer that is just over has a time that is too short for these.
    answers += slow("far over", 4.5, 4.9)[:2]
    others = rng.choice([201, 202, 203, 206]), *rng.sample([400, 403, 404, 409, 410, 422], 2), rng.choice([502, 503])
    for status in (500, 204, *others):
        answers += [Answer("quick", wait=rng.uniform(0.02, 0.05), status=status) for _ in range(2)]
    answers += [Answer("over: slow headers", wait=rng.uniform(3.1, 3.3), status=500) for _ in range(2)]
    rng.shuffle(answers)
    return answers


@dataclass(frozen=True)
class Judged:
    """A scripted answer, and what the submission made of it.

    `before_next` are the milliseconds from its end to its user's next request, `shown` those by which the shop itself
    was late with an answer of this run, at most.
    """

    request: Request
    counted: Counted
    before_next: float
    shown: float

    @property
    def kind(self) -> str:
        """Quick, under, over or far over; and what of it was slow."""
        return self.request.answer

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.request.status

    @property
    def is_over(self) -> bool:
        """Whether it took more than the limit."""
        return "over" in self.kind

    @property
    def ms(self) -> float:
        """The milliseconds from the request's arrival to the last bytes of the answer."""
        return (self.request.end - self.request.start) * 1000

    @property
    def delay(self) -> float:
        """How many milliseconds after its end a busy machine may have brought it to Locust.

        The submission can write Locust's time as it likes. So that is believed only as far as the user was silent
        after the answer, and as the shop was late with another one. With a stream, Locust times no body.
        """
        return max(0.0, min(self.counted.milliseconds - self.ms, self.before_next, self.shown))

    @property
    def is_late(self) -> bool:
        """Whether a busy machine has brought an answer too near to the limit."""
        return self.ms + self.delay >= LATE_MS

    @property
    def is_cut_off(self) -> bool:
        """Whether the user left before the slow answer was complete."""
        return self.is_over and self.ms <= LIMIT_MS

    @property
    def failure(self) -> str | None:
        """The message with which it failed; None where it counts as a success."""
        return self.counted.failure

    @property
    def message(self) -> str:
        """The same as a text; empty where it counts as a success."""
        return self.counted.failure or ""

    def __str__(self) -> str:
        how = self.kind.partition(": ")[2]
        if self.is_cut_off:
            how = "when its user left, without its body"
        return f"a {self.request.status} in {self.ms:.0f} ms" + (f" ({how})" if how else "")


@pytest.fixture(scope="module")
def answers(lab: Lab) -> list[Answer]:
    """The script of this run."""
    return script(lab.rng)


@pytest.fixture(scope="module")
def run(lab: Lab, answers: list[Answer]) -> Run:
    """One run against a shop that answers by the script, until the script is through."""
    users = lab.rng.randint(16, 20)  # so that the slow answers run side by side
    opened = in_turn(*OPEN, answers, AFTERWARDS)

    def choose(method: str, path: str) -> Answer | None:
        return ADDED if (method, path) == ("POST", "/pets") else opened(method, path)

    def done(journal: Journal) -> bool:
        if len(scripted(journal)) < len(answers):
            return len(journal) > 10 * users and not any(map(is_open, journal))
        return not gone(journal) or time.monotonic() - last_end(journal) > AWAY

    with lab.petshop(choose, threads=users + 4) as shop:
        return lab.swarm(shop, users=users, done=done)


@pytest.fixture
def judged(run: Run) -> list[Judged]:
    """Each scripted answer, which Locust has counted."""
    counted, shown = {count.request: count for count in run.record.counted}, lateness_shown(run.journal)
    next_starts = {before.id: after.start for own in run.journal.visits().values() for before, after in pairwise(own)}
    return [
        Judged(request, counted[request.id], 1000 * (next_starts.get(request.id, math.inf) - request.end), shown)
        for request in scripted(run.journal)
    ]


@pytest.fixture
def words(lab: Lab) -> set[str]:
    """The names and .attributes in the submission's code: they choose between pieces of advice, never the verdict."""
    return lab.words


def scripted(journal: Iterable[Request]) -> list[Request]:
    """Return the requests that the script answered."""
    return [request for request in journal if request.answer not in ("", ADDED.label, AFTERWARDS.label)]


def lateness_shown(journal: Iterable[Request]) -> float:
    """Return by how many milliseconds the shop was late with an answer of the script, at most."""
    most = [(request, MOST_MS.get(request.answer.partition(":")[0])) for request in journal]
    return max((1000 * (request.end - request.start) - ms for request, ms in most if ms is not None), default=0.0)


def last_end(journal: Journal) -> float:
    """Return when the last answer of the script was given."""
    return max(request.end for request in scripted(journal))


def gone(journal: Journal) -> list[Request]:
    """Return the last request of each visitor that sent none after the script's last answer."""
    last = last_end(journal)
    return [requests[-1] for requests in journal.visits().values() if requests[-1].start <= last]


@pytest.mark.criterion(points=1)
def test_loads(run: Run) -> None:
    """Locust loads the file, and its users reach the pet shop."""
    require_requests(run)


@pytest.mark.criterion(points=1, after="loads")
def test_rounds(run: Run, answers: list[Answer]) -> None:
    """Each user opens the dashboard (GET /) once in each round, again and again, whatever comes back."""
    for number, requests in enumerate(run.journal.visits().values(), start=1):
        adds = any(request.method == "POST" for request in requests)
        for before, after in pairwise(requests[1:]):  # the very first may be a visit before the rounds begin
            if adds and is_open(before) and is_open(after):
                raise Failed(
                    f"user {number} opened the dashboard twice without adding a pet between{aside(run)}",
                    "POST /pets, GET /, POST /pets, GET /, ...: one GET / in each round, and that one judged",
                    "look for a second GET / that was left behind, and take it out",
                    after,
                )
    opened = sum(map(is_open, run.journal))
    seen = f"{run.users} users sent {opened or 'no'} GET / in {run.seconds:.0f} s"
    lacking = {answer.label for answer in answers} - {request.answer for request in run.journal}
    stopped = stopped_users(run)
    if run.out_of_time and (lacking or stopped) and len(scripted(run.journal)) < len(answers):
        raise too_few(run, seen)
    if lacking or stopped:
        silent = f"{len(stopped)} of them" if stopped else "they"
        raise blamed(
            run,
            f"{seen}, then {silent} sent no more" if opened else seen,
            "each user opens the dashboard again and again until the test ends",
            'self.client.get("/") in each round; a failure is reported and the user goes on: nothing may stop it',
        )


@pytest.mark.criterion(points=1, after="rounds")
def test_counted(run: Run) -> None:
    """Locust counts each GET / of the users, once."""
    requests, counts = scripted(run.journal), Counter(count.request for count in run.record.counted)
    missing = [request for request in requests if not counts[request.id]]
    twice = [request for request in requests if counts[request.id] > 1]
    require_figures(run)
    if missing and run.record.lost:
        lost = run.record.lost[0]
        raise Failed(
            f"{len(missing)} of {len(requests)} answers to GET / reached nobody ({lost.place}{lost.error})",
            "each answer is waited for, however late, so that its time is known",
            "take the client's timeout out: it ends the wait, and measures nothing",
            missing[0],
        )
    if missing:
        where = (
            f" ({run.record.errors[0].place}{run.record.errors[0].error.splitlines()[0]})" if run.record.errors else ""
        )
        raise Failed(
            f"{len(missing)} of {len(requests)} answers to GET / are missing in Locust's figures{where}",
            "each GET / is counted, as a success or as a failure",
            "with catch_response=True a request is counted when its with block ends without an error of its own: "
            'write "with self.client.get(...) as response:", and leave it by its end, not by an exception',
            missing[0],
        )
    if twice:
        raise Failed(
            f"{len(twice)} of {len(requests)} answers to GET / are counted twice",
            "each GET / is counted once",
            "self.client reports its requests by itself: fire no event of your own for them",
            twice[0],
        )
    require_reported(run)


@pytest.mark.criterion(points=1, after="counted")
def test_fast(judged: list[Judged], words: set[str]) -> None:
    """A 200 in less than 3000 ms is a success."""
    under = [j for j in judged if j.status == 200 and not j.is_over]
    fast = [j for j in under if not j.is_late]
    wrong, late = [j for j in fast if j.failure is not None], len(under) - len(fast)
    if len(wrong) > CHANCE + late:
        raise Failed(
            f"{len(wrong)} of {len(fast)} such answers count as failed: {quoted(wrong)}",
            f"a 200 is a failure only where it takes more than {LIMIT_MS:.0f} ms",
            why_fast_fails(judged, words),
            wrong[0].request,
        )
    if len(wrong) > CHANCE or sum(j.kind.startswith("under") for j in fast) <= CHANCE:
        raise Inconclusive("the machine is so busy that answers in less than 3 s came after more: try again")


@pytest.mark.criterion(points=2, after="fast")
def test_slow(run: Run, judged: list[Judged], words: set[str]) -> None:
    """A 200 that takes more than 3000 ms is a failure, whether its headers or its body were slow."""
    slow = [j for j in judged if j.status == 200 and j.is_over]
    if missed := [j for j in slow if j.failure is None]:
        raise Failed(
            f"{len(missed)} of {len(slow)} such answers count as successes, such as {missed[0]}" + said_late(run),
            f"a failure for each 200 that takes more than {LIMIT_MS:.0f} ms, until the last of its body is there",
            TOO_LATE if run.record.late else why_slow_passes(missed, slow, words),
            missed[0].request,
        )


@pytest.mark.criterion(points=1, after="slow")
def test_limit(run: Run) -> None:
    """The limit is a module constant in milliseconds: RESPONSE_TIME_LIMIT_MS = 3000.0."""
    value = run.record.constants.get(CONSTANT)
    if value != LIMIT_MS:
        seen = f"no {CONSTANT} at the top level of a module" if value is None else f"{CONSTANT} = {value}"
        raise Failed(seen, f"{CONSTANT} = {LIMIT_MS}", "write that line below the imports, and compare with it")


@pytest.mark.criterion(points=1, after="limit")
def test_slow_message(judged: list[Judged]) -> None:
    """The failure of a slow 200 names the limit, 3000, and the measured milliseconds of this answer."""
    slow = [j for j in judged if j.status == 200 and j.is_over]
    for j in slow:
        expected = f"a message with {LIMIT_MS:.0f} and about {j.ms:.0f} in it, both in milliseconds"
        if LIMIT_MS not in numbers(j.message):
            advice = f'put it into the message: f"... {{{CONSTANT}:.0f}} ms"'
            raise Failed(f"{quoted([j])}: no limit", expected, advice, j.request)
        if not any(is_no_less(j, number) and number < LONGEST_MS for number in numbers(j.message)):
            raise Failed(f"{quoted([j])}: not the milliseconds that it took", expected, OWN_TIME, j.request)
    if not tell_their_times(slow):
        require_calm_machine(judged, slow)
        shortest, longest = min(slow, key=lambda j: j.ms), max(slow, key=lambda j: j.ms)
        raise Failed(
            f"{quoted([shortest])}; {quoted([longest])}: no number in such messages follows the time of the answer",
            "the milliseconds that this very answer took, and no list of times that it might have taken",
            OWN_TIME,
            longest.request,
        )


@pytest.mark.criterion(points=1, after="slow")
def test_status(run: Run, judged: list[Judged]) -> None:
    """Anything but a 200 is a failure, a 204 too."""
    others = [j for j in judged if j.status != 200]
    if missed := [j for j in others if j.failure is None]:
        raise Failed(
            f"{len(missed)} of {len(others)} such answers count as successes, such as {missed[0]}" + said_late(run),
            "a failure for each answer whose status is not 200",
            TOO_LATE if run.record.late else why_status_passes(missed),
            missed[0].request,
        )


@pytest.mark.criterion(points=1, after="status")
def test_status_message(judged: list[Judged]) -> None:
    """The failure of anything but a 200 names its status code; of a slow one, limit and time will do as well."""
    others = [j for j in judged if j.status != 200]
    unnamed = [j for j in others if j.status not in numbers(j.message)]
    slow = [j for j in judged if j.is_over and (j.status == 200 or j in unnamed)]
    if unnamed and all(j.is_over and LIMIT_MS in numbers(j.message) for j in unnamed):
        if tell_their_times(slow):
            unnamed = []  # the promise of 3000 ms is broken as well
        else:
            require_calm_machine(judged, slow)
    if unnamed:
        raise Failed(
            f"no status in {amount(len(unnamed), 'message')}: {quoted(unnamed)}",
            f"a message with {unnamed[0].status} in it"
            + (f", or with {LIMIT_MS:.0f} and the milliseconds that it took" if unnamed[0].is_over else ""),
            "put response.status_code into the message",
            unnamed[0].request,
        )
    mixed = [j for j in others if foreign_statuses(j, others)]
    if len(mixed) > CHANCE:
        foreign = foreign_statuses(mixed[0], others)[0]
        raise Failed(
            f"{len(mixed)} messages name statuses of other answers: {quoted(mixed)}, which names {foreign:.0f}",
            "a message that names the status of its own answer, and no other but 200, which was expected",
            "put response.status_code into the message, and no list of codes",
            mixed[0].request,
        )


def is_open(request: Request) -> bool:
    """Tell whether a request opens the dashboard."""
    return (request.method, request.path) == OPEN


def quoted(judged: list[Judged]) -> str:
    """Return the first of some failures with its message."""
    return f'{judged[0]}, with the message "{judged[0].message[:120]}"'


def foreign_statuses(j: Judged, others: Iterable[Judged]) -> list[float]:
    """Return the statuses of other answers that its message names, but for what may be the time that it took."""
    found = {other.status for other in others} & numbers(j.message) - {j.status}
    return sorted(status for status in found if not (is_no_less(j, status) and lateness(j, status) <= NEAR_MS))


def is_no_less(j: Judged, ms: float) -> bool:
    """Tell whether a time is none that ended before the answer did; it may be rounded."""
    return ms >= j.ms - ROUNDED_MS


def lateness(j: Judged, ms: float) -> float:
    """Return how much more a time is than an answer may have taken to come to Locust, in milliseconds."""
    return max(0.0, ms - j.ms - j.delay)


def tell_their_times(slow: Sequence[Judged]) -> bool:
    """Tell whether messages of slow answers have, at the same place of each, a number that follows the time it took."""
    if not slow:
        return True

    def follow(times: list[float]) -> bool:
        late = list(map(lateness, slow, times))
        return median(late) <= NEAR_MS and sum(ms > LATER_MS for ms in late) <= EXCEPTIONS

    return any(map(follow, times_told(slow)))


def times_told(slow: Sequence[Judged]) -> Iterator[list[float]]:
    """Yield what may be the times in the messages of slow answers: none is less than the answer took."""
    for times in columns([j.message for j in slow], lambda number: LIMIT_MS < number < LONGEST_MS):
        if all(map(is_no_less, slow, times)):
            yield times


def require_calm_machine(judged: Iterable[Judged], slow: Sequence[Judged]) -> None:
    """Return where the machine is no reason for the times in the messages of slow answers.

    Raises:
        Inconclusive: they may be honest and late, as answers came to Locust.
    """
    late = max(j.delay for j in judged)
    if late > NEAR_MS and any(times_told(slow)):
        raise Inconclusive(f"the machine is so busy that answers reached Locust up to {late:.0f} ms late: try again")


def too_few(run: Run, seen: str) -> Exception:
    """Return what is to be said of users who were so slow that time was up before the script was through."""
    if strain(run) or lateness_shown(run.journal) > LATER_MS:
        return Inconclusive(f"too little to judge by: {seen}; the machine is too busy: try again")
    advice = "let the users wait by wait_time = between(1, 3) alone, and no task sleep or work for long"
    return blamed(run, f"{seen}: too few", "a round of each user every few seconds, until the test ends", advice)


def stopped_users(run: Run) -> list[Request]:
    """Return the last request of each user that stopped; none where a shape or lost cookies may be the reason."""
    if run.record.shape or len(run.journal.visits()) > run.users or not scripted(run.journal):
        return []
    return gone(run.journal)


def said_late(run: Run) -> str:
    """Return the tail of a sentence that names the place of a verdict that came too late; empty where none did."""
    if not run.record.late:
        return ""
    late = run.record.late[0]
    return f" ({late.place}{late.error} is called when the with block has ended)"


def why_fast_fails(judged: list[Judged], words: set[str]) -> str:
    """Return what to do about fast answers that count as failed."""
    passed = [j for j in judged if j.status == 200 and j.failure is None]
    if ".microseconds" in words:
        return "microseconds is but a part of a time, and no millisecond: use total_seconds() * 1000, or your own clock"
    if any(j.kind == "quick" for j in passed):
        return (
            "either the limit in force is lower than 3000 ms, or the time is rounded up, or the clock starts too early "
            "(start it right above the request, anew each time)"
        )
    if all(j in passed for j in judged if j.status == 200 and j.is_over):
        return "the comparison is the wrong way round: a failure is a time above the limit"
    return (
        "compare milliseconds with milliseconds (a time in seconds * 1000 against 3000.0), "
        "and call failure() only inside the if"
    )


def why_slow_passes(missed: list[Judged], slow: list[Judged], words: set[str]) -> str:
    """Return what to do about slow answers that count as successes."""
    if any(j.is_cut_off for j in missed):
        return "the time ends at the headers, and nobody reads the body: leave stream=True out"
    passed = {j.kind for j in missed}
    caught = {j.kind for j in slow} - passed
    if not any(j.counted.said for j in slow):
        return 'judge the answer yourself: with self.client.get("/", catch_response=True) as response:'
    if any("failure" in j.counted.said and j.counted.said[-1] == "success" for j in missed):
        return (
            "success() after failure() takes the failure back; the last word counts, so call success() only in an else"
        )
    if "over: slow headers" in passed and "far over: slow headers" in caught:
        if ".seconds" in words:
            return ".seconds cuts to whole seconds: use total_seconds() * 1000, or a clock of your own"
        return "the limit in force is higher than 3000 ms, or the time is cut to whole seconds before it is compared"
    if "over: slow headers" in caught:
        return (
            "the time stops at the headers, as response.elapsed does: take a clock of your own, "
            "time.perf_counter() before the request and after it"
        )
    if caught:
        return "only the body is timed: start the clock before the request"
    if ".microseconds" in words:
        return "microseconds is only the part below a second: use total_seconds() * 1000, or a clock of your own"
    if ".failure" not in words and words & {"print", ".info", ".warning", ".error"}:
        return "printing or logging is no failure: call response.failure(message)"
    return (
        "the comparison with the limit never comes true. Is the time in milliseconds (clocks count seconds: * 1000)? "
        "Does the clock start before the request? Then call response.failure(message)"
    )


def why_status_passes(missed: list[Judged]) -> str:
    """Return what to do about answers with another status that count as successes."""
    if all("success" in j.counted.said for j in missed):
        return "success() says that all is well, whatever the status: compare response.status_code with 200 first"
    if all(j.status < 400 for j in missed):
        return "by itself Locust fails a status from 400 on; a 204 has no dashboard in it either: compare with 200"
    return "compare response.status_code with 200, and call response.failure(message) where it differs"
