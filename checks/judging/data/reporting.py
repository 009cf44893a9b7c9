"""The reporting: whether Locust's report has one row for each of the two questions, and counts all of them."""

from collections import Counter
from collections.abc import Mapping

from checks.judging.data.model import Asked, Observation
from checks.lab.locust.record import Counted
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed
from checks.lab.verdict.diagnosis import forbid_errors


def forbid_scattered_rows(observed: Observation, run: Run) -> None:
    """Require that Locust's report has one row for all things and another one for all details, without a failure."""
    words, users = observed.questions, observed.users
    counted = {count.request: count for count in run.record.counted}
    names = {
        words.things: _names(observed, [asked for user in users for asked in user.things], counted),
        words.details: _names(observed, [asked for user in users for asked in user.details], counted),
    }
    expected = f"one row for all {words.things}, and one for all {words.details}"
    for what, rows in names.items():
        if len(rows) > 1:
            raise Failed(
                f"the {what} are {len(rows)} rows in Locust's report: {', '.join(list(rows)[:3])}, ...",
                expected,
                'give these requests one name: self.client.get(..., name="/.../[id]/...")',
            )
    first, second = names.values()
    if first.keys() & second.keys():
        raise Failed(f"one row, {next(iter(first))}, holds both", expected, "give the two requests two names")
    forbid_errors(run)
    _forbid_false_failures(observed, counted)


def _names(observed: Observation, sent: list[Asked], counted: Mapping[int, Counted]) -> Counter[str]:
    """Return the names under which Locust counted what users asked for.

    Raises:
        Failed: Locust did not count every request.
    """
    names = Counter(counted[asked.request.id].name for asked in sent if asked.request.id in counted)
    if names.total() < len(sent) - observed.size:  # each user may have one in flight at the end
        raise Failed(
            f"users sent {len(sent)} requests for {observed.questions.things}, Locust counts {names.total()}",
            "each request in Locust's report",
            "send them through self.client; with catch_response=True it takes a with block",
        )
    return names


def _forbid_false_failures(observed: Observation, counted: Mapping[int, Counted]) -> None:
    """Require that no good answer counts as a failure."""
    good = {request.id for request in observed.journal if request.status < 400}
    if failed := [count for count in counted.values() if count.failure is not None and count.request in good]:
        raise Failed(
            f"{failed[0].name} counts as failed: {failed[0].failure}",
            "no failure: each answer was a good one",
            "mark an answer as a failure only where it is one",
        )
