"""The holdings: which row of the data file each user holds, and what it asks about the things that belong to it.

A holder is what a row of the data file names, a thing is what belongs to a holder: an owner and its pets, a user id and
its posts. A user asks for the things of its holder, and for details of these things.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from checks.judging.visitors import crowded
from checks.lab.locust.swarm import Run
from checks.lab.outcome import Failed, Inconclusive, amount
from checks.lab.target.journal import Journal, Request
from checks.lab.verdict.diagnosis import aside, blamed, forbid_errors
from checks.lab.verdict.strain import strain

# Who draws its tasks by lot may be silent for long: before the things are known, it can't ask for details. Where one
# draw in ten is the right one, a user is silent for 165 draws in 3 of 10^8 cases; one of 13 users is in 4 of 10^7 runs.
CHANCES = 170  # requests of the busiest user, who may have drawn a few times more than the others
LISTED = 12


@dataclass(frozen=True)
class Form:
    """A way to write a question: the id in the path, as its group, or in a field of the query."""

    path: str
    field: str = ""

    def fits(self, path: str) -> bool:
        """Tell whether a request for this path is the question."""
        return re.fullmatch(f"{self.path}/?", path) is not None

    def ids(self, request: Request) -> tuple[str, ...]:
        """Return the ids that are asked for; none where the question leaves them open, so that it asks for all."""
        found = re.fullmatch(f"{self.path}/?", request.path)
        return tuple(request.query.get(self.field, ())) if self.field or not found else found.groups()


@dataclass(frozen=True)
class Questions:
    """The two questions that users ask, each with its forms, and the words for them."""

    holder: str
    thing: str
    details: str
    things_forms: tuple[Form, ...]
    details_forms: tuple[Form, ...]

    @property
    def things(self) -> str:
        """More than one thing."""
        return f"{self.thing}s"

    def asks_things(self, path: str) -> bool:
        """Tell whether a request for this path asks for the things of a holder."""
        return any(form.fits(path) for form in self.things_forms)

    def asks_details(self, path: str) -> bool:
        """Tell whether a request for this path asks for details of a thing."""
        return any(form.fits(path) for form in self.details_forms)

    def asked_holder(self, request: Request) -> str:
        """Return the holder of whose things a request asks, as a person says it; empty where it asks for no things."""
        ids = [id for form in self.things_forms if form.fits(request.path) for id in form.ids(request)]
        return f"{self.holder} {ids[0]}" if ids else ""


@dataclass(frozen=True)
class Asked:
    """A question with the ids that it names."""

    request: Request
    ids: tuple[str, ...]

    @property
    def is_answered(self) -> bool:
        """Whether the answer was no error."""
        return self.request.status < 400

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.address}"


@dataclass(frozen=True)
class Holding:
    """One user: its number, and what it asked, of each kind in the order in which it was sent."""

    number: int
    things: tuple[Asked, ...]
    details: tuple[Asked, ...]

    @property
    def holder(self) -> str:
        """The first id of which it asked for things; empty where it named none."""
        return next((id for asked in self.things for id in asked.ids), "")

    @property
    def begin(self) -> float:
        """When its first question was sent, in seconds of `time.monotonic`."""
        return min(asked.request.start for asked in (*self.things, *self.details))

    @property
    def end(self) -> float:
        """When its last question was answered, in seconds of `time.monotonic`."""
        return max(asked.request.end for asked in (*self.things, *self.details))

    def went_on_after(self, asked: Asked) -> bool:
        """Tell whether it has asked anything after the answer to this question."""
        return any(later.request.start > asked.request.end for later in (*self.things, *self.details))


@dataclass(frozen=True)
class Lack:
    """Something that users have not done yet, though nothing has kept them from it since `since`."""

    seen: str
    expected: str
    advice: str
    since: float = 0.0
    request: Request | None = None  # after which it should have come


@dataclass(frozen=True)
class Holdings:
    """What `size` users are to do with the `rows` of a data file, ids in its order, and what the journal has of it.

    `things` are the ids of what belongs to each holder.
    """

    journal: Journal
    questions: Questions
    size: int
    rows: Sequence[str]
    things: Mapping[str, frozenset[str]]

    @property
    def users(self) -> list[Holding]:
        """The visitors that have asked for things or details, in the order in which they came."""
        found: list[Holding] = []
        for requests in self.journal.visits().values():
            things = _asked(requests, self.questions.things_forms)
            details = _asked(requests, self.questions.details_forms)
            if things or details:
                found.append(Holding(len(found) + 1, things, details))
        return found

    def had_chances(self, since: float) -> bool:
        """Tell whether another user has asked so much since then that who did nothing meanwhile does nothing at all."""
        sent = Counter(request.visitor for request in self.journal if request.start > since)
        return max(sent.values(), default=0) >= CHANCES

    def is_settled(self, lacks: Iterable[Lack]) -> bool:
        """Tell whether nothing is lacking any more but what has had its chances, or there are too many visitors."""
        return len(self.users) > self.size or all(self.had_chances(lack.since) for lack in lacks)

    def require_none(self, lacks: Iterable[Lack], run: Run) -> None:
        """Return where a run lacks nothing.

        Raises:
            Failed: something is lacking.
            Inconclusive: the run ended too early to tell, since the machine was too busy.
        """
        for lack in lacks:
            is_early = not (run.fell_silent or run.ended_by_itself or self.had_chances(lack.since))
            if is_early and strain(run):
                raise Inconclusive(f"{lack.seen}, within {run.seconds:.0f} s; the machine is too busy: try again")
            ending = "; Locust ended by itself" if run.ended_by_itself else ""
            ending += f"; too few requests in {run.seconds:.0f} s" if is_early else ""
            raise blamed(run, lack.seen + ending, lack.expected, lack.advice, lack.request)


def _asked(requests: Iterable[Request], forms: Sequence[Form]) -> tuple[Asked, ...]:
    return tuple(
        Asked(request, form.ids(request))
        for request in requests
        for form in forms
        if request.method == "GET" and form.fits(request.path)
    )


# --- what may be lacking


def lacking_users(held: Holdings) -> Iterator[Lack]:
    """Yield what is lacking until each user has asked for its things."""
    words, count = held.questions, sum(bool(user.things) for user in held.users)
    if count < held.size:
        yield Lack(
            f"{held.size} users on {_rows(held)} looked like {amount(count, 'visitor')} who asked for {words.things}",
            f"{held.size} visitors, one for each user, who each ask for the {words.things} of their {words.holder}",
            "after the last row comes the first one again, as with itertools.cycle: no user may end or go without a row"
            if held.size > len(held.rows)
            else "each user has its own self.client and sends all through it; an error in on_start ends its user",
        )


def lacking_questions(held: Holdings, *, things: int, details: int) -> Iterator[Lack]:
    """Yield what is lacking until each user has asked so often for things, and for details where it has things."""
    words = held.questions
    for user in held.users:
        count = len(held.things.get(user.holder, ()))
        if len(user.things) < things or len(user.details) < details * bool(count):
            yield Lack(
                f"user {user.number} asked {amount(len(user.things), 'time')} for {words.things} and "
                f"{amount(len(user.details), 'time')} for {words.details}; "
                f"its {words.holder} {user.holder} has {count} {words.things}",
                f"{words.things} and {words.details}, again and again until the test ends",
                f"keep the ids of the {words.things} that the answer names, and ask for {words.details} where there "
                "are any; nothing may end a user",
            )


def lacking_after_errors(held: Holdings) -> Iterator[Lack]:
    """Yield what is lacking until each user has gone on after an error answer, and come to details all the same."""
    words = held.questions
    expected = f"users that go on with their {words.holder} and come to {words.details}, since later answers are good"
    advice = (
        "look at the status before you use an answer, ask again later, and let no error reach on_start or end a user"
    )
    for user in held.users:
        for kind in user.things, user.details:
            error = next((asked for asked in kind if not asked.is_answered), None)
            if error and not user.went_on_after(error):
                seen = f"user {user.number} got a {error.request.status} for {error} and asked for nothing more"
                yield Lack(seen, expected, advice, error.request.end, error.request)
        good = next((asked for asked in user.things if asked.is_answered), None)
        if good and held.things.get(user.holder) and not user.details:
            seen = f"user {user.number} got a good answer to {good} and never asked for {words.details}"
            yield Lack(seen, expected, advice, good.request.end, good.request)


# --- what must not be


def forbid_crowds(held: Holdings, run: Run) -> None:
    """Return where no two users share a client, and none leaves its cookies behind."""
    count, shared = len(held.users), len(crowded(run))
    if shared or count > held.size:
        seen = f"{held.size} users looked like {amount(count, 'visitor')}"
        seen += f", {shared} of them with two requests at once" if shared else ""
        raise Failed(
            seen + aside(run),
            f"{held.size} visitors, one for each user",
            "send every request through self.client: each user has its own, which keeps the user's cookies",
        )


def forbid_unnamed_holders(held: Holdings) -> None:
    """Return where each question for things names one holder."""
    words = held.questions
    for user in held.users:
        for asked in user.things:
            if len(asked.ids) != 1:
                whose = " and ".join(asked.ids) or f"no {words.holder}, so that everybody's {words.things} come"
                raise Failed(
                    f"user {user.number} sent {asked}: it names {whose}",
                    f"the {words.things} of one {words.holder}, that of the user",
                    "name it in the request, and spell the request as the README does",
                    asked.request,
                )


def forbid_second_holder(held: Holdings) -> None:
    """Return where each user has asked for the things of one holder, and always the same."""
    words = held.questions
    expected = f"one {words.holder} for each user, from its first request to its last"
    forbid_unnamed_holders(held)
    for user in held.users:
        for asked in user.things:
            if asked.ids[0] != user.holder:
                raise Failed(
                    f"user {user.number} asked for the {words.things} of {words.holder} {user.holder}, "
                    f"later for those of {asked.ids[0]}",
                    expected,
                    "take a row once for each user, in on_start, and keep it in self",
                    asked.request,
                )


def forbid_other_rows(held: Holdings) -> None:
    """Return where the users hold the rows in the order of the file, and after the last one the first one again."""
    holders = [user.holder for user in held.users if user.things]
    due = list(islice(cycle(held.rows), held.size))
    if Counter(holders) != Counter(due):
        seen = f"{held.size} users on {_rows(held)} hold {_counted(holders)}"
        raise Failed(seen, _counted(due), _why_other_rows(held.rows, holders))


def _rows(held: Holdings) -> str:
    return f"{len(held.rows)} rows" if len(held.rows) > 1 else "one row"


def _counted(holders: Sequence[str]) -> str:
    """Return ids as a person would list them, in the order in which they first come."""
    listed = [f"{id} ({count} times)" if count > 1 else id for id, count in Counter(holders).items()]
    return ", ".join(listed[:LISTED]) + (", ..." if len(listed) > LISTED else "")


def _why_other_rows(rows: Sequence[str], holders: Sequence[str]) -> str:
    """Return what to do about users that hold other rows than those whose turn it was."""
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


def forbid_foreign_things(held: Holdings) -> None:
    """Return where each detail that a user asked for is of a thing of its holder that an answer had named before."""
    words, users = held.questions, held.users
    owners = {thing: holder for holder, things in held.things.items() for thing in things}
    known: dict[str, float] = {}  # since when somebody may know a holder's things
    for asked in (asked for user in users for asked in user.things if asked.is_answered):
        for id in asked.ids:
            known[id] = min(asked.request.end, known.get(id, asked.request.end))

    def tells_little(question: tuple[Holding, Asked]) -> tuple[bool, bool]:
        """Sort what tells most to the front: another one's thing before nobody's, asked by a user with things."""
        user, asked = question
        own = held.things.get(user.holder, frozenset())
        return not any(id in owners and id not in own for id in asked.ids), not own

    for user, asked in sorted(((each, asked) for each in users for asked in each.details), key=tells_little):
        own = held.things.get(user.holder, frozenset())
        expected = (
            f"{words.details} of the {words.things} of {words.holder} {user.holder}, which an answer has named"
            if own
            else f"no {words.details} at all for {words.holder} {user.holder}, who has no {words.things}"
        )
        foreign = [id for id in asked.ids if id not in own]
        if not asked.ids:
            advice = f"name the {words.thing} in each request"
            raise Failed(f"user {user.number} sent {asked}", expected, advice, asked.request)
        if foreign:
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


def _why_foreign(words: Questions, is_thing: bool) -> str:
    """Return what to do about a user that asks about what does not belong to its holder."""
    if not is_thing:
        return f'the id of a {words.thing} is the "id" in the answer; before the first good answer there is none'
    return "keep the ids in self, set anew by each good answer: a list in the class or module is one for all users"


def forbid_hidden_failures(held: Holdings, run: Run, calm: Run) -> None:
    """Return where each error answer is a failure in Locust's report, and ended no task in an error.

    What goes wrong in the calm run too, which had no error answers, is another mistake.
    """
    if not calm.record.errors:
        advice = "an error answer has no list in it: look at response.status_code before you use what it brought"
        forbid_errors(run, advice)
    counted = {count.request: count for count in run.record.counted}
    errors = [asked for user in held.users for asked in (*user.things, *user.details) if not asked.is_answered]
    are_counted = len(calm.record.counted) >= len(calm.journal) - calm.users  # each may have one in flight at the end
    missing = [asked for asked in errors if are_counted and asked.request.id not in counted]
    hidden = [asked for asked in errors if asked.request.id in counted and counted[asked.request.id].failure is None]
    if hidden or len(missing) > held.size:  # each user may have one in flight at the end
        (asked, *_), how = (hidden, "count as successes") if hidden else (missing, "are missing")
        raise Failed(
            f"{len(hidden or missing)} of {len(errors)} error answers {how} in Locust's report, such as the "
            f"{asked.request.status} for {asked}",
            "each error answer as a failure in the report, so that a broken API shows",
            "leave error answers to Locust, which counts them as failures: call success() for a good answer "
            "only, and leave a with block by its end",
            asked.request,
        )


def forbid_scattered_rows(held: Holdings, run: Run) -> None:
    """Return where Locust's report has one row for all things and another one for all details, without a failure."""
    words, names = held.questions, {}
    counted = {count.request: count for count in run.record.counted}
    for what, kind in ((words.things, "things"), (words.details, "details")):
        requests = [asked.request for user in held.users for asked in getattr(user, kind)]
        names[what] = Counter(counted[request.id].name for request in requests if request.id in counted)
        if names[what].total() < len(requests) - held.size:  # each user may have one in flight at the end
            raise Failed(
                f"users sent {len(requests)} requests for {words.things}, Locust counts {names[what].total()}",
                "each request in Locust's report",
                "send them through self.client; with catch_response=True it takes a with block",
            )
    expected = f"one row for all {words.things}, and one for all {words.details}"
    for what, rows in names.items():
        if len(rows) > 1:
            raise Failed(
                f"the {what} are {len(rows)} rows in Locust's report: {', '.join(list(rows)[:3])}, ...",
                expected,
                'give these requests one name: self.client.get(..., name="/.../[id]/...")',
            )
    (first, second) = names.values()
    if first.keys() & second.keys():
        raise Failed(f"one row, {next(iter(first))}, holds both", expected, "give the two requests two names")
    forbid_errors(run)
    good = {request.id for request in held.journal if request.status < 400}
    if failed := [count for count in counted.values() if count.failure is not None and count.request in good]:
        raise Failed(
            f"{failed[0].name} counts as failed: {failed[0].failure}",
            "no failure: each answer was a good one",
            "mark an answer as a failure only where it is one",
        )
