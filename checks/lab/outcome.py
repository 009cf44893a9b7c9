"""The verdict: criteria, their outcomes, and the words in which a learner reads them."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checks.lab.target.journal import Request


class Outcome(StrEnum):
    """The outcome of a criterion or a stage."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_STARTED = "not_started"
    INCONCLUSIVE = "inconclusive"


class Failed(AssertionError):
    """The submission misses a criterion: what was seen, what was expected, and the next thing to try.

    `request`, if one is to blame, is the one that the terminal and the report mark among those of its user.
    """

    def __init__(self, seen: str, expected: str, advice: str, request: "Request | None" = None) -> None:
        super().__init__(seen)
        self.request = request
        self.seen = plain(seen)
        self.expected = plain(expected)
        self.advice = plain(advice)


class NotStarted(Exception):
    """There is nothing to judge yet: the starter is unchanged, or a file is still missing."""


class Inconclusive(Exception):
    """The machine or the grader, never the learner, is the reason why there is no verdict."""


@dataclass(frozen=True)
class Criterion:
    """One thing that a stage asks for."""

    id: str
    title: str
    stage: str
    max_points: int
    after: tuple[str, ...] = ()
    bonus: bool = False
    part: int | None = None  # of a task that is given in parts


@dataclass(frozen=True)
class Result:
    """A criterion with its outcome; `waiting_for` names the criterion that has to pass first."""

    criterion: Criterion
    outcome: Outcome
    message: str = ""
    seen: str = ""
    expected: str = ""
    advice: str = ""
    waiting_for: str = ""
    surroundings: tuple[str, ...] = ()  # lines with the blamed user's requests, the wrong one marked

    @property
    def points(self) -> int:
        """The points earned: all or none."""
        return self.criterion.max_points if self.outcome is Outcome.PASSED else 0

    def packed(self) -> dict[str, Any]:
        """Return the result as plain JSON values, to pass it between processes."""
        return {**asdict(self), "outcome": self.outcome.value}

    @classmethod
    def unpacked(cls, facts: dict[str, Any]) -> "Result":
        """Return the result that `packed` has packed."""
        criterion = Criterion(**{**facts["criterion"], "after": tuple(facts["criterion"]["after"])})
        shown = {"outcome": Outcome(facts["outcome"]), "surroundings": tuple(facts["surroundings"])}
        return cls(**{**facts, **shown, "criterion": criterion})


def stage_outcome(results: list[Result]) -> Outcome:
    """Return a stage's outcome: passed only if each criterion that is not a bonus has passed."""
    outcomes = {result.outcome for result in results if not result.criterion.bonus}
    for outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.NOT_STARTED):
        if outcome in outcomes:
            return outcome
    return Outcome.PASSED


def amount(count: int, noun: str) -> str:
    """Return a count with its noun, as a person says it: 1 request, 2 requests."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def plain(text: str, limit: int = 600) -> str:
    """Return `text` at most `limit` long, without anything that would steer a terminal or the CI system that shows it.

    Lone surrogates are removed as well, since no pipe and no file accepts them.
    """
    is_long, text = len(text) > limit, text[:limit]  # first, since the rest would take long for a text of megabytes
    text = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]", "?", text)
    text = re.sub(r"(?m)^([^\S\n]*):(?=:)", r"\1: ", text)  # ::error:: and the like, at the beginning of a line
    text = re.sub(r"##(?=\w*\[)", "# #", text)  # ##[group], ##vso[, ##teamcity[
    return text[: limit - 3] + "..." if is_long or len(text) > limit else text
