"""The data set: rows of a data file that a submission can't guess, and what an API serves about them."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Protocol

from checks.judging.data.model import Observation, Questions
from checks.lab.lab import Lab
from checks.lab.submission.answer import Submission
from checks.lab.target.journal import Journal
from checks.lab.target.middleware.faults import Choice
from checks.lab.target.peers import Peers
from checks.lab.target.server import Target

STRANGERS = 3  # holders that are in no row
MOST_THINGS = 4


@dataclass(frozen=True)
class Row:
    """A row of a data file: the holder's id and a name."""

    id: int
    name: str


@dataclass(frozen=True)
class DataFile:
    """A data file's name without its ending, the field of its ids (a row has this one and `name`), and sample names."""

    stem: str
    id_field: str
    names: Sequence[str]  # like those in the sample


@dataclass(frozen=True)
class Dataset:
    """The rows of a data file, and what an API knows: all holders, and the ids of the things of each."""

    rows: Sequence[Row]
    holders: Sequence[Row]
    things: Mapping[int, Sequence[int]]

    @classmethod
    def drawn(cls, rng: Random, rows: int, users: int, names: Sequence[str]) -> "Dataset":
        """Return `rows` rows in random order, and their holders' things. No name comes twice while others are left.

        Among the rows that `users` users need, one has a comma in its name, and one or two have a holder without
        things. The same is true of the other rows. Holders and things are in an order of their own, so that an API's
        answers reveal nothing about the order of the file.
        """
        ids = rng.sample(range(10, 10_000), STRANGERS + rows)
        strangers, listed = ids[:STRANGERS], _unsorted(rng, ids[STRANGERS:], users)
        starts = [users * number for number in range(max(1, rows // users))]
        blocks = [listed[start:end] for start, end in zip(starts, [*starts[1:], rows], strict=True)]
        poor = {id for block in (*blocks, strangers) for id in rng.sample(block, min(len(block) // 2, 2))}
        file = _named(rng, blocks, names)
        holders = rng.sample([*file, *(Row(id, rng.choice(names)) for id in strangers)], len(ids))
        new_id = iter(rng.sample(range(1_000, 100_000), MOST_THINGS * len(ids)))
        things = {
            row.id: [next(new_id) for _ in range(0 if row.id in poor else rng.randint(2, MOST_THINGS))]
            for row in holders
        }
        return cls(file, holders, things)

    def files(self, submission: Submission, data: DataFile) -> dict[str, str]:
        """Return the data files by name: at the top, and wherever the submission has a file of that name."""
        rows = [{data.id_field: row.id, "name": row.name} for row in self.rows]
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, [data.id_field, "name"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        contents = {f"{data.stem}.csv": table.getvalue(), f"{data.stem}.json": f"[\n{lines}\n]\n"}
        own = {file.relative_to(submission.folder).as_posix(): file.name for file in submission.files}
        return contents | {path: contents[name] for path, name in own.items() if name in contents}


def observation(dataset: Dataset, questions: Questions, journal: Journal, size: int) -> Observation:
    """Return what a journal shows of `size` users who work with a data set."""
    return Observation(
        journal=journal,
        questions=questions,
        size=size,
        rows=[str(row.id) for row in dataset.rows],
        things={str(holder): frozenset(map(str, things)) for holder, things in dataset.things.items()},
    )


class Serve(Protocol):
    """Serves a data set, changes answers as `answers` chooses, and tells `peers` apart if they are given."""

    def __call__(
        self, lab: Lab, dataset: Dataset, answers: Choice | None = None, peers: Peers | None = None
    ) -> AbstractContextManager[Target]:
        """Return a context manager that serves the target."""


@dataclass(frozen=True)
class Api:
    """An API about the rows of a data file: what users ask it, the file, and how to serve it."""

    questions: Questions
    data: DataFile
    serve: Serve


def _unsorted(rng: Random, ids: list[int], users: int) -> list[int]:
    """Return ids in an order whose first ids, those that get one user more, are not first in any sorted order."""
    due = users % len(ids)
    orders = sorted(ids), sorted(ids, reverse=True), sorted(ids, key=str)
    while due > 0 and len(ids) > len(orders) and any(set(ids[:due]) == set(order[:due]) for order in orders):
        ids = rng.sample(ids, len(ids))
    return ids


def _named(rng: Random, blocks: Sequence[Sequence[int]], names: Sequence[str]) -> list[Row]:
    """Return rows with these ids: in each block one has a comma in its name, as long as there are such names."""
    commas = [name for name in names if "," in name]
    named = dict(zip(map(rng.choice, blocks), rng.sample(commas, len(commas)), strict=False))
    others = cycle(rng.sample([name for name in names if name not in named.values()], len(names) - len(named)))
    return [Row(id, named.get(id) or next(others)) for block in blocks for id in block]
