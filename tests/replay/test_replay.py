"""Recordings: they get their old verdict; variations get theirs; changes are noticed."""

import json
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checks.lab import Journal, Request
from tests.corpus import Entry, entries
from tests.replay.__main__ import Recorded, difference, record, stale
from tests.replay.golden import frozen, pattern
from tests.replay.grading import NEEDS_RUN, opened
from tests.replay.packing import Packer, Unfit, Unpacker
from tests.replay.recording import Recording, key
from tests.replay.variations import Variation, base_of, bases, opened_variation, variations

BASES = bases(variations())


class Ending(Enum):
    DONE = 1
    SILENCE = 2


class Pair(NamedTuple):
    first: tuple[Request, ...]
    second: frozenset[str]


@dataclass(frozen=True)
class Shown:
    journal: Journal
    pair: Pair
    ending: Ending = Ending.DONE
    body: bytes | None = None
    things: dict[int, list[float]] = field(default_factory=dict)
    span: tuple[float, str] = (0.0, "")


def requests(count: int) -> list[Request]:
    return [Request("a", "GET", f"/{n}", {}, None, 200, n, n + 0.5, 0, id=n) for n in range(count)]


def shown() -> Shown:
    journal = Journal()
    for request in requests(3):
        journal.add(request)
    pair = Pair(tuple(journal)[1:], frozenset({"b", "a"}))
    return Shown(journal, pair, Ending.SILENCE, b"\xff", {1: [0.1]}, (1.5, "x"))


def packed(value: Any) -> tuple[Any, list[Any]]:
    """Return a value as it comes back from a file."""
    packer = Packer()
    facts = packer.pack(value)
    told: tuple[Any, list[Any]] = json.loads(json.dumps([facts, packer.requests]))
    return told


def test_what_is_packed_comes_back_the_same() -> None:
    facts, table = packed(shown())
    back = Unpacker(table).unpack(Shown, facts)
    assert replace(back, journal=None) == replace(shown(), journal=None)
    assert list(back.journal) == list(shown().journal)


def test_a_request_in_two_journals_is_kept_once() -> None:
    facts, table = packed(shown())
    back = Unpacker(table).unpack(Shown, facts)
    assert len(table) == 3
    assert back.pair.first[0] is list(back.journal)[1]


def test_a_field_that_came_later_has_its_default() -> None:
    facts, table = packed(shown())
    del facts["body"]
    assert Unpacker(table).unpack(Shown, facts).body is None


def test_a_field_that_is_no_longer_there_is_named() -> None:
    facts, table = packed(shown())
    with pytest.raises(Unfit, match="flags"):
        Unpacker(table).unpack(Shown, {**facts, "flags": 1})


@pytest.mark.parametrize("entry", BASES, ids=str)
def test_a_base_is_judged_as_it_was(entry: Entry) -> None:
    recording = Recording.read(base_of(entry))
    assert not difference(entry, recording)
    assert recording.told


@pytest.mark.parametrize("variation", variations(), ids=str)
def test_a_variation_gets_its_verdict(variation: Variation) -> None:
    with opened_variation(variation) as case:
        assert not case.mistake(case.judge())


def test_each_variation_says_what_it_changes() -> None:
    assert all(variation.change.__doc__ for variation in variations())
    assert len({str(variation) for variation in variations()}) == len(variations())


def test_a_run_that_was_not_recorded_is_asked_for() -> None:
    entry = next(entry for entry in BASES if entry.stage == "05_round_robin_data")
    recording = Recording.read(base_of(entry))
    parts = {name: run for name, run in recording.fixtures["trial"]["parts"].items() if name != "failing"}
    without = replace(recording, fixtures={"trial": {**recording.fixtures["trial"], "parts": parts}})
    with opened(entry, without) as case:
        judged = case.judge()
    assert [one.id for one in judged.told if one.outcome == NEEDS_RUN] == ["errors"]
    assert not judged.mistake()


def test_a_graded_submission_is_recorded(tmp_path: Path) -> None:
    """Live: the recording of a wrong submission gets the same verdict, word for word, without a process."""
    entry = next(entry for entry in entries("wrong", "01*") if entry.folder.name == "same_name")

    def place(_: Entry) -> Path:
        return tmp_path / "recording"

    assert stale([entry], place)
    result = record(entry, place)
    assert str(result) == "recorded" or result.first
    recording = Recording.read(place(entry))
    assert not stale([entry], place)
    assert not difference(entry, recording)
    assert [one.id for one in recording.told if one.outcome == "failed"] == ["fresh_names"]
    other = replace(recording, told=tuple(replace(one, message="") for one in recording.told))
    assert "fresh_names" in difference(entry, other)


def test_a_recording_of_the_other_mode_is_stale_where_exam_mode_is_asked_for(tmp_path: Path) -> None:
    entry, file = BASES[0], tmp_path / "recording"
    replace(Recording.read(base_of(entry)), key=key(entry), mode="practice").write(file)
    assert not stale([entry], lambda _: file)
    assert stale([entry], lambda _: file, exam=True)


def test_a_verdict_that_is_right_the_second_time_only_is_told() -> None:
    assert str(Recorded("", "")) == "recorded"
    assert str(Recorded("", "passed instead of failed")) == "recorded (first came out: passed instead of failed)"
    assert str(Recorded("failed at []", "no report")) == "failed at [] (first came out: no report)"


def test_a_wrong_verdict_is_not_recorded(tmp_path: Path) -> None:
    """Live: an entry that fails is no base of variations."""
    entry = next(entry for entry in entries("wrong", "01*") if entry.folder.name == "syntax_error")
    expected = replace(entry, outcome="passed", criterion="", says=())
    assert "failed instead of passed" in record(expected, lambda _: tmp_path / "recording", attempts=1).mistake
    assert not (tmp_path / "recording").exists()


def test_each_submission_has_a_golden_verdict() -> None:
    missing = {str(entry) for kind in ("right", "wrong", "hostile") for entry in entries(kind)} - frozen().keys()
    assert not missing, "python -m tests.replay record --exam, then freeze"


@pytest.mark.parametrize(
    ("message", "pattern_of_it"),
    [
        ("user 1 sent POST /pets, GET /, ...", "user # sent REQUEST ..."),
        ("44 of 49 pets, such as 'Pet 7597'", "# of # pet, such as TEXT"),
        ("1 request in 2.5 s", "# request in # s"),
        ("3 requests in 12 s", "# request in # s"),
        ("hold 7453 (3 times), 6777 (3 times), 97 (2 times), ...", "hold # ..."),
    ],
)
def test_what_chance_puts_into_a_message_is_no_part_of_its_pattern(message: str, pattern_of_it: str) -> None:
    assert pattern(message) == pattern_of_it
