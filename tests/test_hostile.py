"""Hostile submissions: each gets exactly its verdict, and leaves the machine as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpus import Entry
from tests.hostile import STEERING, fingerprint, grade_hostile, hostile, made, require_exam_mode, unharmed


@pytest.fixture(scope="module", autouse=True)
def course() -> Iterator[None]:
    require_exam_mode()
    before = fingerprint()
    yield
    after = fingerprint()
    assert [file for file in before if before[file] != after.get(file)] == []


@pytest.mark.parametrize("entry", hostile(), ids=str)
def test_hostile_submission_gets_its_verdict_and_harms_nobody(entry: Entry, tmp_path: Path) -> None:
    folder, temporary = tmp_path / "in", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    submission = made(entry, folder)
    with unharmed(temporary):
        verdict = grade_hostile(entry, submission, temporary)
    assert not verdict.mistake(entry)
    assert verdict.report["mode"] == "exam"
    assert not STEERING.search(verdict.output), "the output steers a terminal or a CI system"


def test_there_are_thirty_and_more() -> None:
    assert len(hostile()) >= 30
