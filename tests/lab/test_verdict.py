"""The verdict: outcomes add up, points are all or none, and the words are safe to show."""

import itertools

import execnet
import pytest

from checks.lab.outcome import Failed, Outcome, Result, plain, stage_outcome
from tests.lab.witness import result

PASSED, FAILED, NOT_STARTED, INCONCLUSIVE = Outcome


@pytest.mark.parametrize(
    ("outcomes", "stage"),
    [
        ([PASSED], PASSED),
        ([PASSED, FAILED], FAILED),
        ([PASSED, INCONCLUSIVE], INCONCLUSIVE),
        ([PASSED, NOT_STARTED], NOT_STARTED),
        ([FAILED, NOT_STARTED], FAILED),
        ([FAILED, INCONCLUSIVE], FAILED),
        ([INCONCLUSIVE, NOT_STARTED], INCONCLUSIVE),
        ([PASSED, FAILED, INCONCLUSIVE, NOT_STARTED], FAILED),
    ],
)
def test_a_stage_is_as_good_as_its_worst_criterion(outcomes: list[Outcome], stage: Outcome) -> None:
    for order in itertools.permutations(outcomes):
        assert stage_outcome([result(outcome) for outcome in order]) is stage


@pytest.mark.parametrize("bonus", Outcome)
@pytest.mark.parametrize("other", Outcome)
def test_a_bonus_never_decides_a_stage(bonus: Outcome, other: Outcome) -> None:
    assert stage_outcome([result(bonus, bonus=True), result(other)]) is other


@pytest.mark.parametrize(("outcome", "points"), [(PASSED, 3), (FAILED, 0), (NOT_STARTED, 0), (INCONCLUSIVE, 0)])
def test_points_are_all_or_none(outcome: Outcome, points: int) -> None:
    assert result(outcome, points=3).points == points


def test_a_result_survives_the_way_to_another_process_of_pytest_xdist() -> None:
    sent = result(FAILED, points=2, bonus=True, seen="a\nb", expected="c", advice="d", waiting_for="e", message="f")
    assert Result.unpacked(execnet.loads(execnet.dumps(sent.packed()))) == sent


def test_what_a_submission_says_can_not_steer_a_terminal() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07 back\b\r over \x9b31m \x00 tab\t del\x7f half \ud800"
    failed = Failed(hostile, hostile, hostile)
    for text in (failed.seen, failed.expected, failed.advice):
        assert text.isprintable()
        assert "back" in text


def test_lines_and_letters_of_all_languages_stay() -> None:
    assert plain("zażółć\n日本 'x'") == "zażółć\n日本 'x'"


def test_a_long_text_is_cut_and_shows_it() -> None:
    assert plain("x" * 600) == "x" * 600
    assert plain("x" * 601) == "x" * 597 + "..."
    assert len(plain("x" * 10**7)) == 600


@pytest.mark.parametrize(
    "command", ["::error::x", "  ::set-output name=a::x", "##[group]x", "##vso[a]x", "##teamcity[x]"]
)
def test_what_a_submission_says_can_not_steer_a_ci_system(command: str) -> None:
    said = plain(f"first\n{command}")
    assert command not in said
    assert said.endswith(("x", "]"))
    assert not any(line.strip().startswith("::") for line in said.splitlines())


def test_colons_and_hashes_of_honest_words_stay() -> None:
    assert plain("http://[::1]:80, a::b, ## Title") == "http://[::1]:80, a::b, ## Title"


def test_words_can_not_run_backwards_or_onto_another_line() -> None:
    assert plain("a\u202eb\u2066c\u2028d") == "a?b?c?d"
