"""Scenarios: data sets that can't be guessed, data files that replace the submission's, errors that surely come."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from checks.judging.data.dataset import STRANGERS, DataFile, Dataset
from checks.judging.data.model import Form, Questions
from checks.judging.data.scenarios import errors
from checks.lab.submission.answer import Submission
from petshop_app.seed import OWNERS

NAMES = [owner.name for owner in OWNERS]
DATA = DataFile("owners", "owner_id", NAMES)
SIZES = [(16, 5), (20, 7), (4, 9), (3, 7), (1, 3)]  # rows, users
QUESTIONS = Questions("owner", "pet", "visits", (Form("/owners/([^/]+)/pets"),), (Form("/pets/([^/]+)/visits"),))
seeds = pytest.mark.parametrize("seed", range(20))


@seeds
@pytest.mark.parametrize(("rows", "users"), SIZES)
def test_a_dataset_has_what_the_sample_shows_where_the_users_come_upon_it(seed: int, rows: int, users: int) -> None:
    dataset = Dataset.drawn(Random(seed), rows, users, NAMES)
    ids = [row.id for row in dataset.rows]
    due = dataset.rows[:users]
    assert len(set(ids)) == len({row.name for row in dataset.rows}) == rows
    assert any("," in row.name for row in due)
    assert any(dataset.things[row.id] for row in due)
    assert rows == 1 or any(not dataset.things[row.id] for row in due)
    things = [thing for own in dataset.things.values() for thing in own]
    assert len(set(things)) == len(things)
    strangers = {row.id for row in dataset.holders} - set(ids)
    assert len(strangers) == STRANGERS


@seeds
@pytest.mark.parametrize(("rows", "users"), [(16, 5), (20, 7), (21, 43), (4, 9)])
def test_a_submission_that_sorts_the_rows_holds_others(seed: int, rows: int, users: int) -> None:
    ids = [row.id for row in Dataset.drawn(Random(seed), rows, users, NAMES).rows]
    due = users % rows
    for order in (sorted(ids), sorted(ids, reverse=True), sorted(ids, key=str)):
        assert set(order[:due]) != set(ids[:due])


def places(dataset: Dataset, told: list[int]) -> float:
    """Return the mean place in the file, 0.5 for the middle, of what comes first in an order that the API reveals."""
    place = {row.id: number / (len(dataset.rows) - 1) for number, row in enumerate(dataset.rows)}
    first = [place[id] for id in told if id in place][:4]
    return sum(first) / len(first)


TOLD: dict[str, Callable[[Dataset], list[int]]] = {
    "the order of the holders": lambda dataset: [row.id for row in dataset.holders],
    "the order of the things": lambda dataset: list(dataset.things),
    "the ids": lambda dataset: sorted(dataset.things),
    "the ids of the things": lambda dataset: sorted(dataset.things, key=lambda id: min(dataset.things[id], default=0)),
    "who has nothing": lambda dataset: sorted(dataset.things, key=lambda id: len(dataset.things[id])),
    "commas": lambda dataset: [row.id for row in sorted(dataset.holders, key=lambda row: "," not in row.name)],
}


@pytest.mark.parametrize("told", TOLD)
def test_what_an_api_serves_tells_nothing_of_the_order_of_the_file(told: str) -> None:
    # The mean of 200 * 4 places, each with a standard deviation of 0.3, is off by 0.06 in 1 of 10^7 series.
    datasets = [Dataset.drawn(Random(seed), 16, 5, NAMES) for seed in range(200)]
    assert sum(places(dataset, TOLD[told](dataset)) for dataset in datasets) / len(datasets) == pytest.approx(
        0.5, abs=0.06
    )


def test_both_files_hold_the_same_rows_wherever_the_submission_has_one(tmp_path: Path) -> None:
    own = [tmp_path / name for name in ("locustfile.py", "data/owners.json", "a/b/owners.csv", "more.json")]
    dataset = Dataset.drawn(Random(1), 16, 5, NAMES)
    files = dataset.files(Submission("05", tmp_path, "locustfile.py", dict.fromkeys(own, b"")), DATA)
    assert set(files) == {"owners.csv", "owners.json", "data/owners.json", "a/b/owners.csv"}
    assert files["data/owners.json"] == files["owners.json"]
    table = [(int(row["owner_id"]), row["name"]) for row in csv.DictReader(io.StringIO(files["a/b/owners.csv"]))]
    assert table == [(row["owner_id"], row["name"]) for row in json.loads(files["owners.json"])]
    assert table == [(row.id, row.name) for row in dataset.rows]


def test_the_files_are_written_as_the_sample_is(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "exercises" / "05_round_robin_data"
    rows = [(row["owner_id"], row["name"]) for row in json.loads((sample / "owners.json").read_text("utf-8"))]
    dataset = Dataset.drawn(Random(1), len(rows), 5, NAMES)
    same = Dataset([type(dataset.rows[0])(*row) for row in rows], dataset.holders, dataset.things)
    files = same.files(Submission("05", tmp_path, "locustfile.py", {}), DATA)
    assert files == {name: (sample / name).read_text("utf-8") for name in ("owners.csv", "owners.json")}


@seeds
def test_half_of_the_first_answers_of_each_kind_are_errors_and_later_some(seed: int) -> None:
    choose = errors(QUESTIONS, 6, Random(seed))
    for path in ("/owners/7/pets", "/pets/7/visits"):
        assert sum(bool(choose("GET", path)) for _ in range(6)) == 3
        assert 0 < sum(bool(choose("GET", path)) for _ in range(200)) < 200
    assert choose("GET", "/owners") is None
