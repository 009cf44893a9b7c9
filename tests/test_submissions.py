"""The graders against the corpus: each right submission passes, each wrong one fails at its criterion and says why."""

import pytest

from tests.corpus import Entry, entries, grade, grade_entry, representatives


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "entry" in metafunc.fixturenames:
        chosen = entries() if metafunc.config.getoption("--whole-corpus") else representatives()
        metafunc.parametrize("entry", chosen, ids=str)


def test_submission_gets_its_verdict(entry: Entry) -> None:
    verdict = grade_entry(entry)
    assert not verdict.mistake(entry)
    assert verdict.status == (0 if entry.outcome == "passed" else 1)
    assert all("next: " in criterion["message"] for criterion in verdict.failed(entry.stage))


def test_each_criterion_has_a_wrong_submission_that_only_it_catches() -> None:
    wrong = entries("wrong")
    for stage in {entry.stage for entry in wrong}:
        criteria = {c["id"] for c in grade("--solutions", "-k", stage).report["stages"][stage]["criteria"]}
        assert {entry.criterion for entry in wrong if entry.stage == stage} == criteria
