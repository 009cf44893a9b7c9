"""The board: the verdict as a person reads it in the terminal."""

from typing import Any

import pytest

from checks.lab.outcome import Outcome, Result
from checks.lab.report.terminal import WIDTH, Reader, board
from checks.lab.verdict.hints import Opened
from tests.lab.witness import result

FAILED = Outcome.FAILED
SAID: dict[str, Any] = {"seen": "two", "expected": "one", "advice": "remove one"}


def text(results: list[Result], reader: Reader | None = None) -> str:
    return "\n".join(line.text for line in board(results, reader or Reader()))


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (Outcome.PASSED, "01_first  passed  1/1 points"),
        (FAILED, "01_first  FAILED  0/1 points"),
        (Outcome.INCONCLUSIVE, "01_first  inconclusive  0/1 points"),
        (Outcome.NOT_STARTED, "01_first  not started  0/1 points"),
    ],
)
def test_the_board_begins_with_the_stages_outcome_and_points(outcome: Outcome, label: str) -> None:
    assert label in text([result(outcome)])


def test_the_board_says_what_was_seen_what_was_expected_and_what_is_next() -> None:
    lines = [line.split() for line in text([result(FAILED, **SAID)]).splitlines()]
    assert ["FAILED", "It", "works."] in lines
    assert [line for line in lines if line and line[0] in ("seen:", "expected:", "next:")] == [
        ["seen:", "two"],
        ["expected:", "one"],
        ["next:", "remove", "one"],
    ]


def test_the_failure_comes_first_and_the_rest_is_counted() -> None:
    results = [result(id="a"), result(id="b"), result(FAILED, id="c", **SAID)]
    waiting = [result(Outcome.NOT_STARTED, id=id, waiting_for="c") for id in "de"]
    shown = [line.strip() for line in text([*results, *waiting]).splitlines() if line]
    assert shown[1].startswith("FAILED")
    assert shown[-2:] == ["2 more wait for this one.", "2 passed; -v lists them."]


def test_a_reader_who_wants_all_gets_each_criterion() -> None:
    waiting = result(Outcome.NOT_STARTED, id="c", waiting_for="b")
    shown = text([result(id="a"), result(FAILED, id="b", **SAID), waiting], Reader(wants_all=True))
    assert [line.split()[0] for line in shown.splitlines()[2:] if line[:1].strip()] == ["passed", "FAILED", "waiting"]


def test_no_line_shows_a_criterions_id_or_a_backtick() -> None:
    failed = result(FAILED, **{**SAID, "advice": "write `one`"})
    waiting = result(Outcome.NOT_STARTED, id="other", waiting_for="works")
    shown = text([failed, waiting], Reader(wants_all=True))
    assert "waiting for" not in shown
    assert "write one" in shown


def test_a_place_is_a_path_that_a_terminal_opens() -> None:
    failed = result(FAILED, **{**SAID, "seen": "locustfile.py, line 10: NameError"})
    reader = Reader(path_of=lambda stage, name: f"exercises/{stage}/{name}")
    assert "exercises/01_first/locustfile.py:10: NameError" in text([failed], reader)


def test_a_stage_that_is_not_started_says_why_and_what_to_do() -> None:
    results = [result(Outcome.NOT_STARTED, id=id, message="the starter, unchanged") for id in ("a", "b", "c")]
    reader = Reader(next_step=lambda stage, outcome: f"open {stage} ({outcome})")
    assert [line.strip() for line in text(results, reader).splitlines() if line] == [
        "01_first  not started  0/3 points",
        "the starter, unchanged",
        "next:     open 01_first (not_started)",
    ]


def test_stages_that_are_not_started_fold_into_one_line_after_the_first() -> None:
    results = [result(Outcome.NOT_STARTED, stage=stage, message="the starter") for stage in ("01_a", "02_b", "03_c")]
    shown = text(results)
    assert "02_b  not started" not in shown
    assert shown.endswith("Not started either: 02_b, 03_c.")


def test_what_is_not_begun_in_a_stage_that_is_begun_is_to_do() -> None:
    missing = result(Outcome.NOT_STARTED, id="findings", message="write findings.toml")
    shown = text([result(id="loads"), missing])
    assert "01_first  not finished  1/2 points" in shown
    assert "to do         It findings." in shown


def test_hints_stand_below_their_criterion_and_say_how_many_there_are() -> None:
    def shown(*hints: str) -> str:
        return text([result(FAILED, **SAID), result(id="other")], Reader({("01_first", "works"): Opened(hints, 2)}))

    once, twice = shown("nudge"), shown("nudge", "answer")
    assert once.index("remove one") < once.index("hint 1 of 2: nudge") < once.index("1 passed")
    assert "no more hints" not in once
    assert twice.index("hint 2 of 2: answer") < twice.index("There are no more hints")


def test_lines_are_short_enough_for_a_terminal() -> None:
    long = " ".join(["word"] * 200)
    reader = Reader({("01_first", "works"): Opened([long], 1)}, next_step=lambda *_: long)
    lines = text([result(FAILED, seen=long, expected=long, advice=long)], reader).splitlines()
    assert max(map(len, lines)) <= WIDTH


def test_no_wrapped_line_steers_a_ci_system() -> None:
    said = ["word"] * 200
    said[1::2] = ["::error::owned"] * 100
    lines = text([result(FAILED, seen=" ".join(said), expected="one", advice="none")]).splitlines()
    assert not [line for line in lines if line.lstrip().startswith("::")]
