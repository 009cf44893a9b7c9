"""The rules: a client for each user, one row for each user in the order of the file, and no other holder's things."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import cycle, islice

from checks.judging.data.model import Asked, Observation, ObservedRun, Questions, User
from checks.judging.data.progress import missing_users
from checks.judging.visitors import overlapping
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed, amount
from checks.lab.verdict.diagnosis import aside, require_requests

LISTED = 12


def forbid_shared_clients(observed: Observation, run: Run) -> None:
    """Require that no two users share a client, and that no user drops its cookies."""
    count, shared = len(observed.users), len(overlapping(run))
    if shared or count > observed.size:
        seen = f"{observed.size} users looked like {amount(count, 'visitor')}"
        seen += f", {shared} of them with two requests at once" if shared else ""
        raise Failed(
            seen + aside(run),
            f"{observed.size} visitors, one for each user",
            "send every request through self.client: each user has its own, which keeps the user's cookies",
        )


# --- which row a user holds


def forbid_unnamed_holders(observed: Observation) -> None:
    """Require that each question for things names exactly one holder."""
    words = observed.questions
    for user in observed.users:
        for asked in user.things:
            if len(asked.ids) != 1:
                whose = " and ".join(asked.ids) or f"no {words.holder}, so that everybody's {words.things} come"
                raise Failed(
                    f"user {user.number} sent {asked}: it names {whose}",
                    f"the {words.things} of one {words.holder}, that of the user",
                    "name it in the request, and spell the request as the README does",
                    asked.request,
                )


def forbid_second_holder(observed: Observation) -> None:
    """Require that each user has always asked for the things of the same holder."""
    words = observed.questions
    expected = f"one {words.holder} for each user, from its first request to its last"
    forbid_unnamed_holders(observed)
    for user in observed.users:
        for asked in user.things:
            if asked.ids[0] != user.holder:
                raise Failed(
                    f"user {user.number} asked for the {words.things} of {words.holder} {user.holder}, "
                    f"later for those of {asked.ids[0]}",
                    expected,
                    "take a row once for each user, in on_start, and keep it in self",
                    asked.request,
                )


def forbid_other_rows(observed: Observation) -> None:
    """Require that the users hold the rows in the order of the file, and after the last row the first one again."""
    holders = [user.holder for user in observed.users if user.things]
    due = list(islice(cycle(observed.rows), observed.size))
    if Counter(holders) != Counter(due):
        seen = f"{observed.size} users on {observed.amount_of_rows} hold {_counted(holders)}"
        raise Failed(seen, _counted(due), _why_other_rows(observed.rows, holders))


def require_wrap(wrapped: ObservedRun) -> None:
    """Require that, with more users than rows, each user holds a row: first to last, then from the first again."""
    require_requests(wrapped.run)
    wrapped.require(missing_users)
    forbid_other_rows(wrapped.held)
    forbid_second_holder(wrapped.held)


def _counted(holders: Sequence[str]) -> str:
    """Return ids as a person would list them, in the order of their first occurrence."""
    listed = [f"{id} ({count} times)" if count > 1 else id for id, count in Counter(holders).items()]
    return ", ".join(listed[:LISTED]) + (", ..." if len(listed) > LISTED else "")


def _why_other_rows(rows: Sequence[str], holders: Sequence[str]) -> str:
    """Return what to do about users that hold other rows than the expected ones."""
    count, own = len(holders), Counter(holders)
    again = list(islice(cycle(rows), 2 * count))
    if not own.keys() & set(rows):
        return "none of these ids stands in the file that lies beside your locustfile: read it, as the test starts"
    if own.keys() - set(rows):
        return "some of these ids stand in no row: let the csv or json module read the file"
    if len(own) == 1:
        return (
            "all hold the same row: make one iterator for all users at the top of the file, and call next() on it in "
            "on_start; a class body runs once for all users, and an iterator made in on_start begins with the first row"
        )
    if count > len(rows) and own == Counter(islice(cycle(rows[: len(own)]), count)):
        return f"only the first {len(own)} rows are handed out: hand out all that the file has"
    if own in (Counter(again[::2]), Counter(again[1::2])):
        return "every other row is left out: take one row for each user, not two"
    if own == Counter(again[1 : count + 1]):
        return "the first row is left out: csv.DictReader takes the header off by itself"
    if own in (Counter(sorted(rows)[:count]), Counter(sorted(rows, key=int)[:count])):
        return "these are sorted: keep the order of the file"
    if own == Counter(rows[-count:]):
        return "these are the last rows: begin with the first one"
    if max(own.values()) > 1 and count <= len(rows):
        return "rows are held twice while others are free: hand them out in turn, from one iterator for all users"
    return "hand them out in turn: the first user gets the first row, the next user the next one, and then from the top"


# --- which things belong to a user


def forbid_foreign_things(observed: Observation) -> None:
    """Require that users asked only for details of their own holder's things, after an answer had named these."""
    words = observed.questions
    owners = {thing: holder for holder, things in observed.things.items() for thing in things}
    known = _first_answers(observed)
    for user, asked in _most_telling_first(observed, owners):
        expected, own = _expected_details(observed, user), observed.things_of(user)
        if not asked.ids:
            advice = f"name the {words.thing} in each request"
            raise Failed(f"user {user.number} sent {asked}", expected, advice, asked.request)
        if foreign := [id for id in asked.ids if id not in own]:
            whose = f"belongs to {words.holder} {owners[foreign[0]]}" if foreign[0] in owners else "is nobody's"
            raise Failed(
                f"user {user.number} sent {asked}: its {words.holder} is {user.holder}, but {words.thing} {foreign[0]} "
                f"{whose}",
                expected,
                _why_foreign(words, foreign[0] in owners),
                asked.request,
            )
        if asked.request.start < known.get(user.holder, asked.request.end):
            raise Failed(
                f"user {user.number} sent {asked} before any answer had named that {words.thing}",
                expected,
                f"ask for the {words.things} first; until they are known, ask for no {words.details}",
                asked.request,
            )


def _first_answers(observed: Observation) -> dict[str, float]:
    """Return, by holder, the time from which a user may know its things."""
    known: dict[str, float] = {}
    for asked in (asked for user in observed.users for asked in user.things if asked.is_answered):
        for id in asked.ids:
            known[id] = min(asked.request.end, known.get(id, asked.request.end))
    return known


def _most_telling_first(observed: Observation, owners: Mapping[str, str]) -> list[tuple[User, Asked]]:
    """Return the questions for details with their users, those about another holder's things first.

    Then come questions about things that nobody has; first from users that have things, then from those without any.
    """

    def tells_little(question: tuple[User, Asked]) -> tuple[bool, bool]:
        user, asked = question
        own = observed.things_of(user)
        return not any(id in owners and id not in own for id in asked.ids), not own

    return sorted(((user, asked) for user in observed.users for asked in user.details), key=tells_little)


def _expected_details(observed: Observation, user: User) -> str:
    words = observed.questions
    if observed.things_of(user):
        return f"{words.details} of the {words.things} of {words.holder} {user.holder}, which an answer has named"
    return f"no {words.details} at all for {words.holder} {user.holder}, who has no {words.things}"


def _why_foreign(words: Questions, is_thing: bool) -> str:
    """Return what to do about a user that asks about things that do not belong to its holder."""
    if not is_thing:
        return f'the id of a {words.thing} is the "id" in the answer; before the first good answer there is none'
    return "keep the ids in self, and set them at each good answer: a list in the class or module is one for all users"
