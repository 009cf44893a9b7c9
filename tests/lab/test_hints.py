"""The hints: one more each time, for the first thing to do, until all are open."""

import ast
from pathlib import Path
from typing import Any

import pytest

from checks.lab.outcome import Outcome, Result
from checks.lab.verdict import hints
from checks.stages import ROOT
from tests.lab.witness import result

CHECKS = ROOT / "checks"
FILE = """# Hints: stage 01

A word to who reads this file.

## loads

Run it
by itself.

Read what it says.

`the answer`

## works

Think.
"""


class Memory:
    """A stand-in for pytest's cache, without a file."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def get(self, key: str, default: Any) -> Any:
        return self._kept.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self._kept[key] = value


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "01_first.md").write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(hints, "HINTS", tmp_path)


def opened(cache: Any, *results: Result) -> dict[tuple[str, str], list[str]]:
    return {name: list(found.hints) for name, found in hints.open_next(results, cache).items()}


def test_a_heading_for_each_criterion_and_a_paragraph_for_each_hint() -> None:
    assert hints.read("01_first") == {
        "loads": ["Run it by itself.", "Read what it says.", "`the answer`"],
        "works": ["Think."],
    }


def test_a_stage_without_hints_has_none() -> None:
    assert hints.read("02_second") == {}
    assert opened(Memory(), result(Outcome.FAILED, stage="02_second")) == {}


def test_each_time_one_more_opens_until_the_last() -> None:
    cache, failed = Memory(), result(Outcome.FAILED, id="loads")
    counts = [len(opened(cache, failed)["01_first", "loads"]) for _ in range(5)]
    assert counts == [1, 2, 3, 3, 3]


def test_hints_are_for_the_first_thing_to_do() -> None:
    loads, works = result(id="loads"), result(Outcome.FAILED, id="works")
    assert opened(Memory(), loads, works) == {("01_first", "works"): ["Think."]}
    to_do = result(Outcome.NOT_STARTED, id="loads")
    assert list(opened(Memory(), to_do, works)) == [("01_first", "works")], "a failure is shown first"
    not_started = [result(Outcome.NOT_STARTED, id=id) for id in ("loads", "works")]
    assert list(opened(Memory(), *not_started)) == [("01_first", "loads")]


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.INCONCLUSIVE])
def test_where_there_is_nothing_to_do_no_hint_opens(outcome: Outcome) -> None:
    assert opened(Memory(), result(outcome, id="loads")) == {}


def test_without_a_memory_the_first_one_opens() -> None:
    assert opened(None, result(Outcome.FAILED, id="loads")) == {("01_first", "loads"): ["Run it by itself."]}


def test_a_hint_for_this_very_symptom_comes_first_and_those_for_others_never() -> None:
    all_of_them = ['If it says "no POST": Send one.', "Think.", 'If it says "no GET": Open it.']
    assert hints.fitting(all_of_them, "user 1 sent no POST /pets") == ["Send one.", "Think."]
    assert hints.fitting(all_of_them, "something else") == ["Think."]


def test_it_is_known_how_many_hints_there_are() -> None:
    failed = result(Outcome.FAILED, id="loads")
    assert hints.open_next([failed], None)["01_first", "loads"].of == 3


def words(text: ast.Constant | ast.JoinedStr) -> str:
    """Return the fixed words of a text in the code, without what is filled in."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "...".join(str(part.value) if isinstance(part, ast.Constant) else "" for part in parts)


def test_each_symptom_is_something_that_a_verdict_says() -> None:
    """A hint whose symptom no message holds would never open."""
    errors = "SyntaxError NameError IndexError FileNotFoundError TypeError Unknown message type"  # Python's, Locust's
    code = [
        file.read_text(encoding="utf-8")
        for file in (*CHECKS.glob("test_*.py"), *CHECKS.rglob("lab/**/*.py"), *CHECKS.rglob("judging/**/*.py"))
    ]
    texts = [
        node for one in code for node in ast.walk(ast.parse(one)) if isinstance(node, ast.Constant | ast.JoinedStr)
    ]
    said = " ".join([errors, *map(words, texts)])
    files = sorted((CHECKS / "hints").glob("*.md"))
    paragraphs = [(file.stem, text) for file in files for text in file.read_text(encoding="utf-8").split("\n\n")]
    symptoms = [(stage, found[1]) for stage, text in paragraphs if (found := hints.SYMPTOM.match(text))]
    assert len(symptoms) > len(files)
    assert not [each for each in symptoms if each[1] not in said]
