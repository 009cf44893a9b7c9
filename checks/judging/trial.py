"""The trial: what a submission does with data files of the grader's, as users of an API whose content nobody knows.

Four runs, each made when it is first asked for: more rows than users, more users than rows, one row, and an API that
fails now and then.
"""

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from random import Random
from typing import NamedTuple

from checks.judging.holdings import (
    Holdings,
    Lack,
    Questions,
    lacking_after_errors,
    lacking_users,
)
from checks.lab.lab import Lab
from checks.lab.locust.swarm import Run
from checks.lab.submission.answer import Submission
from checks.lab.target.journal import Journal
from checks.lab.target.middleware.faults import Answer, Choice
from checks.lab.target.server import Target

LOOK = 0.2  # seconds between two looks at a growing journal: each look reads all of it
STRANGERS = 3  # holders that stand in no row
MOST_THINGS = 4
ERRORS = (
    Answer("error", status=500),
    Answer("error", status=500, body=b'{"error": {"code": "INTERNAL", "message": "try again"}}'),
    Answer("error", status=503, body=b"<html><title>Service Unavailable</title></html>"),
    Answer("error", status=404, body=b"{}"),
    Answer("error", status=429, body=b'[{"id"'),
)
NOW_AND_THEN = 1 / 4  # the share of errors, after the first few answers


@dataclass(frozen=True)
class Row:
    """A row of a data file: the holder's id and a name."""

    id: int
    name: str


@dataclass(frozen=True)
class DataFile:
    """What a data file is called, without its ending, and the fields of its rows: this one and `name`."""

    stem: str
    id_field: str
    names: Sequence[str]  # such as the sample has


@dataclass(frozen=True)
class World:
    """What an API knows: the rows of the data file, all holders, and the ids of each one's things."""

    rows: Sequence[Row]
    holders: Sequence[Row]
    things: Mapping[int, Sequence[int]]

    @classmethod
    def drawn(cls, rng: Random, rows: int, users: int, names: Sequence[str]) -> "World":
        """Return so many rows, in no order, and the things of their holders. No name comes twice while others are left.

        Of the rows that so many users need one has a comma in its name, and one or two have a holder without things.
        The same goes for the other rows, and holders and things are in an order of their own: what an API serves of a
        world tells nothing about the order of the file.
        """
        ids = rng.sample(range(10, 10_000), STRANGERS + rows)
        strangers, listed = ids[:STRANGERS], _unsorted(rng, ids[STRANGERS:], users)
        starts = [users * number for number in range(max(1, rows // users))]
        blocks = [listed[start:end] for start, end in zip(starts, [*starts[1:], rows], strict=True)]
        poor = {id for block in (*blocks, strangers) for id in rng.sample(block, min(len(block) // 2, 2))}
        commas = [name for name in names if "," in name]
        named = dict(zip(map(rng.choice, blocks), rng.sample(commas, len(commas)), strict=False))
        others = cycle(rng.sample([name for name in names if name not in named.values()], len(names) - len(named)))
        file = [Row(id, named.get(id) or next(others)) for id in listed]
        holders = rng.sample([*file, *(Row(id, rng.choice(names)) for id in strangers)], len(ids))
        new_id = iter(rng.sample(range(1_000, 100_000), MOST_THINGS * len(ids)))
        things = {
            row.id: [next(new_id) for _ in range(0 if row.id in poor else rng.randint(2, MOST_THINGS))]
            for row in holders
        }
        return cls(file, holders, things)

    def files(self, submission: Submission, data: DataFile) -> dict[str, str]:
        """Return the data files by name: at the top, and wherever the submission has one of that name."""
        rows = [{data.id_field: row.id, "name": row.name} for row in self.rows]
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, [data.id_field, "name"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        contents = {f"{data.stem}.csv": table.getvalue(), f"{data.stem}.json": f"[\n{lines}\n]\n"}
        own = {file.relative_to(submission.folder).as_posix(): file.name for file in submission.files}
        return contents | {path: contents[name] for path, name in own.items() if name in contents}


def _unsorted(rng: Random, ids: list[int], users: int) -> list[int]:
    """Return ids in an order in which those that come once more often are not the ones that any sorting puts first."""
    due = users % len(ids)
    orders = sorted(ids), sorted(ids, reverse=True), sorted(ids, key=str)
    while due > 0 and len(ids) > len(orders) and any(set(ids[:due]) == set(order[:due]) for order in orders):
        ids = rng.sample(ids, len(ids))
    return ids


class Scene(NamedTuple):
    """A run that has ended, what its users held, and what they had shown when the run was settled.

    The last requests of a run are cut short, so what is lacking is asked of `shown`; what is forbidden, of `held`.
    """

    run: Run
    held: Holdings
    shown: Holdings


Serve = Callable[[World, Choice | None], AbstractContextManager[Target]]
Lacks = Callable[[Holdings], Iterable[Lack]]


class Trial:
    """The runs of one submission; `serve` serves a world, `lacking` says what a run waits for."""

    def __init__(self, lab: Lab, questions: Questions, data: DataFile, serve: Serve, lacking: Lacks) -> None:
        self._lab, self._questions, self._data, self._serve, self._lacking = lab, questions, data, serve, lacking
        lab.evidence.holder = questions.asked_holder

    @cached_property
    def roomy(self) -> Scene:
        """More rows than users."""
        users = self._lab.rng.randint(5, 10)
        return self._scene(users + self._lab.rng.randint(9, 13), users, self._lacking)

    @cached_property
    def crowded(self) -> Scene:
        """More users than rows, and more rows than the sample: the file is gone through twice, and then begun again."""
        rows = self._lab.rng.randint(21, 25)
        return self._scene(rows, 2 * rows + self._lab.rng.randint(1, rows - 1), lacking_users)

    @cached_property
    def single(self) -> Scene:
        """One row."""
        return self._scene(1, self._lab.rng.randint(3, 4), lacking_users)

    @cached_property
    def failing(self) -> Scene:
        """An API whose answers are errors now and then, the first ones too."""
        users = self._lab.rng.randint(5, 7)

        def lacking(held: Holdings) -> Iterator[Lack]:
            yield from lacking_after_errors(held)
            yield from self._lacking(held)

        return self._scene(2 * users, users, lacking, errors(self._questions, users, self._lab.rng))

    def _scene(self, rows: int, users: int, lacking: Lacks, answers: Choice | None = None) -> Scene:
        world = World.drawn(self._lab.rng, rows, users, self._data.names)
        ids = [str(row.id) for row in world.rows]
        things = {str(holder): frozenset(map(str, own)) for holder, own in world.things.items()}
        looked, seen = 0.0, Journal()

        def held(journal: Journal) -> Holdings:
            return Holdings(journal, self._questions, users, ids, things)

        def done(journal: Journal) -> bool:
            nonlocal looked, seen
            if time.monotonic() < looked + LOOK:
                return False
            looked, seen = time.monotonic(), journal.copy()
            return held(seen).is_settled(lacking(held(seen)))

        with self._serve(world, answers) as target:
            files = world.files(self._lab.submission, self._data)
            run = self._lab.swarm(target, users=users, done=done, files=files)
        cut = run.journal if run.fell_silent or run.ended_by_itself else seen
        return Scene(run, held(run.journal), held(cut))


def errors(questions: Questions, users: int, rng: Random) -> Choice:
    """Return a choice of answers: errors for half of the first `users` questions of each kind, later for some."""

    def script(seed: float) -> Iterator[Answer | None]:
        chance = Random(seed)
        first = [chance.choice(ERRORS) if number % 2 else None for number in range(1, users + 1)]
        yield from chance.sample(first, users)
        while True:
            yield chance.choice(ERRORS) if chance.random() < NOW_AND_THEN else None

    scripts = [(asks, script(rng.random())) for asks in (questions.asks_things, questions.asks_details)]

    def choose(_method: str, path: str) -> Answer | None:
        return next((next(answers) for asks, answers in scripts if asks(path)), None)

    return choose
