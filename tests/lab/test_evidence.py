"""The evidence: files, notes and runs of a submission, bounded, and fit to be shown."""

import json
import os
from pathlib import Path

import pytest

from checks.lab.evidence import MAX_CODE, MAX_DATA, MAX_LINES, MAX_RUNS, Evidence, Source, gathered, visible
from checks.lab.submission import find
from checks.lab.timeline import Timeline

STAGE = "01_sequential_flows"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locustfile.py").write_text("import socket\n")
    return tmp_path


def sources(folder: Path) -> dict[str, Source]:
    return {source.name: source for source in gathered(find(folder, STAGE)).sources}


def test_code_comes_first_and_data_last(folder: Path) -> None:
    for name in ("a.csv", "b.py", "NOTES.md"):
        (folder / name).write_text("x\n")
    assert list(sources(folder)) == ["locustfile.py", "b.py", "NOTES.md", "a.csv"]


def test_python_is_read_for_notes(folder: Path) -> None:
    (folder / "data.json").write_text("import socket")
    assert [note.split(" (")[0] for note in gathered(find(folder, STAGE)).notes] == [
        "locustfile.py:1: opens connections of its own, which Locust does not count"
    ]


def test_long_files_are_cut(folder: Path) -> None:
    (folder / "locustfile.py").write_text("#" * (MAX_CODE + 1))
    (folder / "many.py").write_text("\n" * MAX_LINES * 2)
    (folder / "data.csv").write_text("1\n" * MAX_DATA)
    found = sources(folder)
    assert {name: len(source.text) for name, source in found.items()} == {
        "locustfile.py": MAX_CODE,
        "many.py": MAX_LINES - 2,
        "data.csv": MAX_DATA - 1,
    }
    assert all(source.is_cut for source in found.values())


def test_a_short_file_is_whole(folder: Path) -> None:
    assert sources(folder)["locustfile.py"] == Source("locustfile.py", "import socket", is_cut=False)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_notes_that_are_a_link_are_not_read(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("secret")
    (folder / "NOTES.md").symlink_to(secret)
    assert list(sources(folder)) == ["locustfile.py"]


def test_what_would_mislead_is_made_visible() -> None:
    assert visible("a\x1b[2J\x00\u202eb\ud800\tc\n") == "a\ufffd[2J\ufffd<U+202E>b\ufffd\tc\n"


def test_runs_are_taken_once_with_their_reason() -> None:
    evidence = Evidence([Source("a", "b", False)], ["note"], [Timeline(0, 0, (), ())])
    taken = evidence.taken("It works.")
    assert [run.reason for run in taken.runs] == ["It works."]
    assert evidence == evidence.taken("again") == Evidence()
    assert Evidence.unpacked(json.loads(json.dumps(taken.packed()))) == taken


def test_two_workers_bring_one_stage_together() -> None:
    evidence = Evidence()
    for _ in range(MAX_RUNS):
        evidence.add(Evidence([Source("a", "b", False)], ["note"], [Timeline(0, 0, (), ())] * 2))
    assert (len(evidence.sources), evidence.notes, len(evidence.runs)) == (1, ["note"], MAX_RUNS)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_that_is_passed_over_is_noted_with_where_it_leads(folder: Path) -> None:
    (folder / "helpers").symlink_to("../neighbour\x1b")
    assert (
        "helpers -> ../neighbour\ufffd: a link, and nothing behind it takes part" in gathered(find(folder, STAGE)).notes
    )
