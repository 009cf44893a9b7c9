"""The hunt: tries a strategy's examples on a target, and finds the smallest one for each kind of complaint."""

import contextlib
import hashlib
import json
import re
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings

from tests.fuzz.guard import Ending
from tests.fuzz.recipes import Recipe
from tests.fuzz.strategies import Strategy

KEPT = Path(__file__).with_name("kept")
PHASES = (Phase.generate, Phase.shrink)
Try = Callable[[Recipe], Ending]


@dataclass(frozen=True)
class Found:
    """A recipe that causes a complaint; `found` describes it, in a person's words or in the target's."""

    target: str
    found: str
    recipe: Recipe

    @property
    def text(self) -> str:
        """The JSON that is kept."""
        return json.dumps({"target": self.target, "found": self.found, "recipe": self.recipe}, indent=1) + "\n"

    def keep(self) -> Path:
        """Write it to the folder in which the tests find it."""
        digest = hashlib.sha256(json.dumps(self.recipe).encode()).hexdigest()[:8]
        file = KEPT / f"{self.target}_{digest}.json"
        file.write_text(self.text, encoding="utf-8")
        return file


@dataclass
class Tally:
    """The results of the examples for one target."""

    target: str
    examples: int = 0
    slowest: float = 0.0
    largest: float = 0.0
    found: dict[str, Found] = field(default_factory=dict)

    def add(self, recipe: Recipe, ending: Ending) -> str:
        """Count an example; return the kind of complaint that it caused, if any."""
        self.examples += 1
        self.slowest, self.largest = max(self.slowest, ending.seconds), max(self.largest, ending.megabytes)
        if not ending.complaint:
            return ""
        kind = f"{ending.place} {re.sub(r'[^A-Za-z ]+', '', ending.complaint)[:40]}"
        one = Found(self.target, f"{ending.complaint[:300]} ({ending.place})", recipe)
        if kind not in self.found or len(one.text) < len(self.found[kind].text):
            self.found[kind] = one
        return kind

    def __str__(self) -> str:
        return f"{self.target:14} {self.examples:6} {self.slowest:8.1f} s {self.largest:8.0f} MB {len(self.found):4}"


@dataclass(frozen=True)
class _Drawn:
    """A recipe that does not print itself, since Hypothesis would print it at length."""

    recipe: Recipe = field(repr=False)


class Complaint(Exception):
    """An example has caused a complaint: Hypothesis then looks for a smaller one."""


def hunt(
    tally: Tally, strategy: Strategy, attempt: Try, *, examples: int, seed: int | None = None, shrinking: float = 20.0
) -> None:
    """Try `examples` examples, the same ones each time if there is no `seed`.

    A new kind of complaint ends it, after at most `shrinking` seconds of looking for smaller examples of that kind.
    """
    known, since = set(tally.found), 0.0

    def one(drawn: _Drawn) -> None:
        nonlocal since
        recipe = drawn.recipe
        if since and time.monotonic() - since > shrinking:
            return
        kind = tally.add(recipe, attempt(recipe))
        if kind and kind not in known:
            since = since or time.monotonic()
            raise Complaint(kind)

    run: Any = settings(
        max_examples=examples,
        derandomize=seed is None,
        database=None,
        deadline=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )(given(strategy.map(_Drawn))(one))
    with contextlib.suppress(Complaint, hypothesis.errors.Flaky), warnings.catch_warnings(action="ignore"):
        (hypothesis.seed(seed)(run) if seed is not None else run)()


def kept(targets: Iterable[str]) -> list[tuple[str, Found]]:
    """Return the kept recipes for these targets, with the names of their files."""
    read = [(file.stem, Found(**json.loads(file.read_text(encoding="utf-8")))) for file in sorted(KEPT.glob("*.json"))]
    wanted = set(targets)
    return [(name, one) for name, one in read if one.target in wanted]
