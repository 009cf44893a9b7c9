"""Fuzzing in short: earlier findings stay fixed, and a few hundred examples pass, the same ones each time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import strategies

from checks.stages import ROOT
from tests.fuzz.gradings import graded
from tests.fuzz.guard import Ending, Guard
from tests.fuzz.hunt import Found, Tally, hunt, kept
from tests.fuzz.recipes import Recipe
from tests.fuzz.strategies import FOR
from tests.fuzz.targets import TARGETS
from tests.hostile import require_exam_mode

EXAMPLES = 25  # for each target


@pytest.fixture(scope="module")
def guards() -> Iterator[dict[bool, Guard]]:
    with Guard() as plain, Guard(with_locust=True) as patched:
        yield {False: plain, True: patched}


def parameters(targets: list[str]) -> list[object]:
    return [pytest.param(one, id=name) for name, one in kept(targets)]


@pytest.mark.parametrize("one", parameters(list(TARGETS)))
def test_what_was_found_is_mended(one: Found, guards: dict[bool, Guard]) -> None:
    ending = guards[TARGETS[one.target].with_locust].call(one.target, one.recipe)
    assert not ending.complaint, f"{ending}; kept for: {one.found}"


@pytest.mark.parametrize("one", parameters(["grading"]))
def test_what_was_found_in_whole_gradings_is_mended(one: Found) -> None:
    require_exam_mode()
    ending = graded(one.recipe)
    assert not ending.complaint, f"{ending}; kept for: {one.found}"


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_new_is_found_in_a_moment(target: str, guards: dict[bool, Guard]) -> None:
    tally = Tally(target)
    hunt(tally, FOR[target], partial(guards[TARGETS[target].with_locust].call, target), examples=EXAMPLES)
    assert tally.examples >= EXAMPLES
    assert not tally.found, "\n".join(one.text for one in tally.found.values())


KINDS = {
    "None": "",
    "1 / 0": "ZeroDivisionError: division by zero",
    "exec('while True: pass')": "of CPU, and 1 s are granted",
    "bytearray(300 << 20)": "MB, more than 100 MB",
    "os.kill(os.getpid(), 9)": "died of signal 9",
    "time.sleep(99)": "did not end within 2 s",
    "time.sleep(99) if os.fork() else os._exit(0)": "did not end within 2 s",
}
CODE = """
import json, os, time
from tests.fuzz import guard
endings = []
for do in {kinds!r}:
    guard.PATIENCE = 2.0 if "sleep" in do else 60.0
    endings.append(guard.forked(lambda: eval(do), guard.Limits(1, 100)))
print(json.dumps([[ending.complaint, ending.place] for ending in endings]))
"""


def test_each_kind_of_complaint_is_made() -> None:
    code = CODE.format(kinds=list(KINDS))
    asked = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    complaints = [complaint for complaint, _ in json.loads(asked.stdout)]
    for complaint, expected in zip(complaints, KINDS.values(), strict=True):
        assert expected in complaint
        assert bool(expected) == bool(complaint)


def test_the_smallest_example_of_each_kind_is_kept() -> None:
    tally = Tally("folder")

    def attempt(recipe: Recipe) -> Ending:
        kind = "".join(sorted(set("ab") & set(recipe["text"])))
        return Ending(f"{kind} 7" if kind else "", "place")

    strategy = strategies.text("abc", max_size=9).map(lambda text: {"text": text})
    for _ in range(3):
        hunt(tally, strategy, attempt, examples=100)
    assert sorted("".join(sorted(one.recipe["text"])) for one in tally.found.values()) == ["a", "ab", "b"]
    assert tally.examples >= 100
