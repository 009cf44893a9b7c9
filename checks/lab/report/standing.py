"""The standing: how far a submission came, in all and part by part, told from the criteria of report.json."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from checks.lab.outcome import amount

# How a person reads outcomes; report.json calls both of these not_started. Only work that is not there is not started.
NOT_EXAMINED, NOT_FINISHED = "not_examined", "not_finished"
ORDER = ("failed", "inconclusive", NOT_EXAMINED, "not_started", "passed")  # the first that there is decides

Criterion = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """A numbered part of a task; number 0 is all that belongs to no part."""

    number: int
    criteria: list[Criterion]

    @property
    def is_bonus(self) -> bool:
        """Whether nothing of it is required."""
        return not required(self.criteria)

    @property
    def outcome(self) -> str:
        """What became of it."""
        return outcome(self.criteria)

    @property
    def not_examined(self) -> int:
        """The points that were not in question yet, where others were; 0 where the outcome says so of all."""
        points, most = not_examined(self.criteria), sum(each["max_points"] for each in self.criteria)
        return points if points < most else 0


def word(criterion: Criterion) -> str:
    """Return what became of a criterion: one that waits for another was not examined."""
    return NOT_EXAMINED if criterion.get("waiting_for") else str(criterion["outcome"])


def outcome(criteria: Iterable[Criterion]) -> str:
    """Return what became of some criteria together; a bonus counts where there is nothing else."""
    criteria = list(criteria)
    words = {word(each) for each in required(criteria) or criteria}
    first = next((each for each in ORDER if each in words), "not_started")
    return NOT_FINISHED if first == "not_started" and len(words) > 1 else first


def parts(criteria: Iterable[Criterion]) -> list[Part]:
    """Return the parts that criteria belong to, by their numbers."""
    found: dict[int, Part] = {}
    for each in criteria:
        number = each.get("part", 0)
        found.setdefault(number, Part(number, [])).criteria.append(each)
    return [found[number] for number in sorted(found)]


def required(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Return the criteria that are no bonus."""
    return [each for each in criteria if not each.get("bonus")]


def worth(criteria: Iterable[Criterion], which: str) -> int:
    """Return the points that there are in criteria with this outcome."""
    return sum(each["max_points"] for each in criteria if word(each) == which)


def not_examined(criteria: Iterable[Criterion]) -> int:
    """Return the points of criteria that wait for others."""
    return worth(criteria, NOT_EXAMINED)


def missing(criteria: Iterable[Criterion]) -> str:
    """Return what became of the missing points where some were not examined; empty where all were."""
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
