"""Failure messages: whether they name the limit, the time and the status of the response that they are about."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from checks.judging.numbers import columns, numbers
from checks.judging.slo import limit as slo
from checks.judging.slo.limit import Response
from checks.lab.outcome import Failed, Inconclusive, amount

ROUNDED_MS = 100.0  # a message may round or truncate to hundreds
# How much later than Locust a submission may read its clock on a busy machine: normally, and in a few exceptions.
# Only the machine can cause a delay between Locust's clock and the submission's, or between a body and its reader.
NEAR_MS, LATER_MS, EXCEPTIONS = 250.0, 1000.0, 2
LONGEST_MS = 60_000.0  # a larger number is no response time, but a clock or a port
CHANCE = 1  # message may by chance hold a number that equals the status of another answer
OWN_TIME = (
    "put the time that you compare with the limit into the message: of the whole answer, in milliseconds, and of no "
    "other answer"
)


def require_limit_and_time(response: Response, constant: str) -> None:
    """Require that a message names the limit (the value of `constant`) and a number that may be the response time."""
    expected = f"a message with {slo.LIMIT_MS:.0f} and about {response.ms:.0f} in it, both in milliseconds"
    if not _names_the_limit(response):
        advice = f'put it into the message: f"... {{{constant}:.0f}} ms"'
        raise Failed(f"{response.quoted}: no limit", expected, advice, response.request)
    if not any(_is_no_less(response, number) and number < LONGEST_MS for number in numbers(response.message)):
        seen = f"{response.quoted}: not the milliseconds that it took"
        raise Failed(seen, expected, OWN_TIME, response.request)


def require_own_times(slow: Sequence[Response], responses: Iterable[Response]) -> None:
    """Require that the messages of the slow responses each name the time of their own response.

    Raises:
        Failed: no number in them follows the response time.
        Inconclusive: the numbers may be honest but late, since the machine was busy.
    """
    if _tell_their_times(slow):
        return
    _require_calm_machine(responses, slow)
    shortest, longest = min(slow, key=lambda each: each.ms), max(slow, key=lambda each: each.ms)
    raise Failed(
        f"{shortest.quoted}; {longest.quoted}: no number in such messages follows the time of the answer",
        "the milliseconds that this very answer took, and no list of times that it might have taken",
        OWN_TIME,
        longest.request,
    )


def require_status(responses: Sequence[Response]) -> None:
    """Require that each message names its response's status, unless that is 200; if slow, limit and time will do.

    Raises:
        Failed: a message names neither.
        Inconclusive: the times may be honest but late, since the machine was busy.
    """
    unnamed = [each for each in responses if each.status != 200 and each.status not in numbers(each.message)]
    if unnamed and all(each.is_over and _names_the_limit(each) for each in unnamed):
        slow = [each for each in responses if each.is_over and (each.status == 200 or each in unnamed)]
        if _tell_their_times(slow):
            return  # they also break the promise of 3000 ms
        _require_calm_machine(responses, slow)
    if unnamed:
        raise Failed(
            f"no status in {amount(len(unnamed), 'message')}: {unnamed[0].quoted}",
            f"a message with {unnamed[0].status} in it"
            + (f", or with {slo.LIMIT_MS:.0f} and the milliseconds that it took" if unnamed[0].is_over else ""),
            "put response.status_code into the message",
            unnamed[0].request,
        )


def forbid_foreign_statuses(responses: Sequence[Response]) -> None:
    """Require that hardly any message names the status of another one of these responses."""
    mixed = [each for each in responses if _foreign_statuses(each, responses)]
    if len(mixed) > CHANCE:
        foreign = _foreign_statuses(mixed[0], responses)[0]
        raise Failed(
            f"{len(mixed)} messages name statuses of other answers: {mixed[0].quoted}, which names {foreign:.0f}",
            "a message that names the status of its own answer, and no other but 200, which was expected",
            "put response.status_code into the message, and no list of codes",
            mixed[0].request,
        )


def _foreign_statuses(response: Response, others: Iterable[Response]) -> list[float]:
    """Return the statuses of other responses that its message names, leaving out what may be its response time."""
    found = {other.status for other in others} & numbers(response.message) - {response.status}
    return sorted(
        status for status in found if not (_is_no_less(response, status) and _lateness(response, status) <= NEAR_MS)
    )


def _names_the_limit(response: Response) -> bool:
    return slo.LIMIT_MS in numbers(response.message)


def _is_no_less(response: Response, ms: float) -> bool:
    """Tell whether `ms`, which may be rounded, is no less than the time until the response was complete."""
    return ms >= response.ms - ROUNDED_MS


def _lateness(response: Response, ms: float) -> float:
    """Return by how much `ms` exceeds the time that the response may have taken to reach Locust."""
    return max(0.0, ms - response.ms - response.delay)


def _tell_their_times(slow: Sequence[Response]) -> bool:
    """Tell whether the messages of slow responses have, at the same place in each, a number that follows its time."""

    def follow(times: list[float]) -> bool:
        late = list(map(_lateness, slow, times))
        return median(late) <= NEAR_MS and sum(ms > LATER_MS for ms in late) <= EXCEPTIONS

    return any(map(follow, _times_told(slow)))


def _times_told(slow: Sequence[Response]) -> Iterator[list[float]]:
    """Yield the numbers that may be the times in slow responses' messages: none is less than its response took."""
    for times in columns([each.message for each in slow], lambda number: slo.LIMIT_MS < number < LONGEST_MS):
        if all(map(_is_no_less, slow, times)):
            yield times


def _require_calm_machine(responses: Iterable[Response], slow: Sequence[Response]) -> None:
    """Require that a busy machine can't explain the times in the messages of slow responses.

    Raises:
        Inconclusive: the times may be honest but late, since responses reached Locust late.
    """
    late = max(each.delay for each in responses)
    if late > NEAR_MS and any(_times_told(slow)):
        raise Inconclusive(f"the machine is so busy that answers reached Locust up to {late:.0f} ms late: try again")
