"""The model: what the target saw of users who each hold a row of a data file, and what they still had to show.

A row names a holder, to whom things belong: an owner and its pets, a user id and its posts. A user asks for the things
of its holder, and for details of these things.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Inconclusive
from checks.lab.target.journal import Journal, Request
from checks.lab.verdict.diagnosis import blamed
from checks.lab.verdict.strain import strain

# A user that draws its tasks at random may be silent for long: it can't ask for details before it knows the things. If
# one draw in ten is the right one, a user is silent for 165 draws in 3 of 10^8 cases, and one of 13 users in 4 of 10^7
# runs.
CHANCES = 170  # requests of the busiest user, who may have drawn a few times more than the others


@dataclass(frozen=True)
class Form:
    """A way to write a question: the id is in the path, as the pattern's group, or in a field of the query."""

    path: str
    field: str = ""

    def fits(self, path: str) -> bool:
        """Tell whether a request for this path is the question."""
        return re.fullmatch(f"{self.path}/?", path) is not None

    def ids(self, request: Request) -> tuple[str, ...]:
        """Return the ids that a request asks for; none if it names no id and so asks for all."""
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
        """Return, in words, the holder whose things a request asks for; empty if it asks for no things."""
        ids = [id for form in self.things_forms if form.fits(request.path) for id in form.ids(request)]
        return f"{self.holder} {ids[0]}" if ids else ""


@dataclass(frozen=True)
class Asked:
    """A question that was sent, with the ids that it names."""

    request: Request
    ids: tuple[str, ...]

    @property
    def is_answered(self) -> bool:
        """Whether the answer was not an error."""
        return self.request.status < 400

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.address}"


@dataclass(frozen=True)
class User:
    """One simulated user: its number, and the questions that it sent, of each kind in order."""

    number: int
    things: tuple[Asked, ...]
    details: tuple[Asked, ...]

    @property
    def holder(self) -> str:
        """The first id whose things it asked for; empty if it named none."""
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
        """Tell whether it asked anything after the answer to this question."""
        return any(later.request.start > asked.request.end for later in (*self.things, *self.details))


@dataclass(frozen=True)
class Missing:
    """Something that users have not done yet, though they could have done it at any time since `since`."""

    seen: str
    expected: str
    advice: str
    since: float = 0.0
    request: Request | None = None  # after which it should have come


@dataclass(frozen=True)
class Observation:
    """What a journal shows of `size` users who work with a data file.

    `rows` are the ids in the file, in its order; `things` are the ids of what belongs to each holder.
    """

    journal: Journal
    questions: Questions
    size: int
    rows: Sequence[str]
    things: Mapping[str, frozenset[str]]

    @property
    def users(self) -> list[User]:
        """The visitors that have asked for things or details, in the order in which they came."""
        found: list[User] = []
        for requests in self.journal.visits().values():
            things = _asked(requests, self.questions.things_forms)
            details = _asked(requests, self.questions.details_forms)
            if things or details:
                found.append(User(len(found) + 1, things, details))
        return found

    @property
    def amount_of_rows(self) -> str:
        """How many rows the file has, in words."""
        return f"{len(self.rows)} rows" if len(self.rows) > 1 else "one row"

    def things_of(self, user: User) -> frozenset[str]:
        """Return the ids of the things that belong to a user's holder."""
        return self.things.get(user.holder, frozenset())

    def had_chances(self, since: float) -> bool:
        """Tell whether another user has sent so much since then that a user who did nothing meanwhile never will."""
        sent = Counter(request.visitor for request in self.journal if request.start > since)
        return max(sent.values(), default=0) >= CHANCES

    def is_settled(self, missing: Iterable[Missing]) -> bool:
        """Tell whether waiting is over: the missing things had their chances, or there are too many visitors."""
        return len(self.users) > self.size or all(self.had_chances(one.since) for one in missing)

    def require_complete(self, missing: Iterable[Missing], run: Run) -> None:
        """Require that nothing is missing from a run.

        Raises:
            Failed: something is missing.
            Inconclusive: the run ended too early to tell, since the machine was too busy.
        """
        for one in missing:
            is_early = not (run.ending is Ending.SILENCE or run.ended_early or self.had_chances(one.since))
            if is_early and strain(run):
                raise Inconclusive(f"{one.seen}, within {run.seconds:.0f} s; the machine is too busy: try again")
            ending = "; Locust ended by itself" if run.ended_early else ""
            ending += f"; too few requests in {run.seconds:.0f} s" if is_early else ""
            raise blamed(run, one.seen + ending, one.expected, one.advice, one.request)


FindMissing = Callable[[Observation], Iterable[Missing]]


class ObservedRun(NamedTuple):
    """A run that has ended: what it `held` to its end, and what it had `shown` when it was settled.

    The end cuts a run's last requests short, so demands look at `shown`; what is forbidden must not be in `held`.
    """

    run: Run
    held: Observation
    shown: Observation

    def require(self, missing: FindMissing) -> None:
        """Require that nothing is missing from what the users had shown."""
        self.shown.require_complete(missing(self.shown), self.run)


def _asked(requests: Iterable[Request], forms: Sequence[Form]) -> tuple[Asked, ...]:
    return tuple(
        Asked(request, form.ids(request))
        for request in requests
        for form in forms
        if request.method == "GET" and form.fits(request.path)
    )
