"""The standing: how far a submission got, in all and part by part, by the criteria of report.json."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from checks.lab.outcome import amount

# The words for people; report.json calls both of these not_started. For people, only missing work is "not started".
NOT_EXAMINED, NOT_FINISHED = "not_examined", "not_finished"
ORDER = ("failed", "inconclusive", NOT_EXAMINED, "not_started", "passed")  # the first one that occurs decides

Criterion = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """A numbered part of a task; number 0 holds the criteria that belong to no part."""

    number: int
    criteria: list[Criterion]

    @property
    def is_bonus(self) -> bool:
        """Whether none of its criteria is required."""
        return not required(self.criteria)

    @property
    def outcome(self) -> str:
        """Its outcome."""
        return outcome(self.criteria)

    @property
    def not_examined(self) -> int:
        """The points that were not examined though others were; 0 if the outcome says that none was."""
        points, most = not_examined(self.criteria), sum(each["max_points"] for each in self.criteria)
        return points if points < most else 0


def word(criterion: Criterion) -> str:
    """Return the word for a criterion's outcome: one that waits for another was not examined."""
    return NOT_EXAMINED if criterion.get("waiting_for") else str(criterion["outcome"])


def outcome(criteria: Iterable[Criterion]) -> str:
    """Return the outcome of some criteria together; a bonus counts only if there is nothing else."""
    criteria = list(criteria)
    words = {word(each) for each in required(criteria) or criteria}
    first = next((each for each in ORDER if each in words), "not_started")
    return NOT_FINISHED if first == "not_started" and len(words) > 1 else first


def parts(criteria: Iterable[Criterion]) -> list[Part]:
    """Return the parts to which criteria belong, by their numbers."""
    found: dict[int, Part] = {}
    for each in criteria:
        number = each.get("part", 0)
        found.setdefault(number, Part(number, [])).criteria.append(each)
    return [found[number] for number in sorted(found)]


def required(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Return the criteria that are not a bonus."""
    return [each for each in criteria if not each.get("bonus")]


def worth(criteria: Iterable[Criterion], which: str) -> int:
    """Return the most points of the criteria with this outcome."""
    return sum(each["max_points"] for each in criteria if word(each) == which)


def not_examined(criteria: Iterable[Criterion]) -> int:
    """Return the points of criteria that wait for others."""
    return worth(criteria, NOT_EXAMINED)


def missing(criteria: Iterable[Criterion]) -> str:
    """Return how many of the missing points were lost and how many not examined; empty if all were examined."""
    criteria = required(criteria)
    counts = {
        "lost": worth(criteria, "failed"),
        "inconclusive": worth(criteria, "inconclusive"),
        "not examined": not_examined(criteria),
    }
    if not counts["not examined"]:
        return ""
    (first, count), *others = ((name, count) for name, count in counts.items() if count)
    told = ", ".join([f"{amount(count, 'point')} {first}", *(f"{count} {name}" for name, count in others)])
    causes = {each["waiting_for"] for each in criteria if each.get("waiting_for")}
    failed = {each["id"] for each in criteria if each["outcome"] == "failed"}
    ending = "failed" if causes <= failed else "did not pass"
    return f"{told} because they wait for {'the criterion' if len(causes) == 1 else 'criteria'} that {ending}"
