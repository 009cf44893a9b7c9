"""The progress: what users still have to show before a run may end, and what is missing if it ends without that."""

from collections.abc import Iterator

from checks.judging.data.model import Missing, Observation
from checks.lab.outcome import amount


def missing_users(observed: Observation) -> Iterator[Missing]:
    """Yield what is missing until each user has asked for its things."""
    words, count = observed.questions, sum(bool(user.things) for user in observed.users)
    if count < observed.size:
        yield Missing(
            f"{observed.size} users on {observed.amount_of_rows} looked like {amount(count, 'visitor')} who asked for "
            f"{words.things}",
            f"{observed.size} visitors, one for each user, who each ask for the {words.things} of their {words.holder}",
            "after the last row comes the first one again, as with itertools.cycle: no user may end or go without a row"
            if observed.size > len(observed.rows)
            else "each user has its own self.client and sends all through it; an error in on_start ends its user",
        )


def missing_questions(observed: Observation, *, things: int, details: int) -> Iterator[Missing]:
    """Yield what is missing until each user has asked for things, and for details if it has things, this many times."""
    words = observed.questions
    for user in observed.users:
        count = len(observed.things_of(user))
        if len(user.things) < things or len(user.details) < details * bool(count):
            yield Missing(
                f"user {user.number} asked {amount(len(user.things), 'time')} for {words.things} and "
                f"{amount(len(user.details), 'time')} for {words.details}; "
                f"its {words.holder} {user.holder} has {count} {words.things}",
                f"{words.things} and {words.details}, again and again until the test ends",
                f"keep the ids of the {words.things} that the answer names, and ask for {words.details} where there "
                "are any; nothing may end a user",
            )


def missing_work(observed: Observation, *, things: int, details: int) -> Iterator[Missing]:
    """Yield what is missing until all users are there, and each has asked this many times."""
    yield from missing_users(observed)
    yield from missing_questions(observed, things=things, details=details)


def missing_after_errors(observed: Observation) -> Iterator[Missing]:
    """Yield what is missing until each user has gone on after an error answer, and has asked for details despite it."""
    words = observed.questions
    expected = f"users that go on with their {words.holder} and come to {words.details}, since later answers are good"
    advice = (
        "look at the status before you use an answer, ask again later, and let no error reach on_start or end a user"
    )
    for user in observed.users:
        for kind in user.things, user.details:
            error = next((asked for asked in kind if not asked.is_answered), None)
            if error and not user.went_on_after(error):
                seen = f"user {user.number} got a {error.request.status} for {error} and asked for nothing more"
                yield Missing(seen, expected, advice, error.request.end, error.request)
        good = next((asked for asked in user.things if asked.is_answered), None)
        if good and observed.things_of(user) and not user.details:
            seen = f"user {user.number} got a good answer to {good} and never asked for {words.details}"
            yield Missing(seen, expected, advice, good.request.end, good.request)
