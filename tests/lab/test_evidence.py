"""The evidence: files, notes and runs of a submission, bounded, and fit to show."""

import json
import os
from pathlib import Path

import pytest

from checks.lab.code.source import MAX_BYTES, MAX_NOTES
from checks.lab.report.evidence import (
    ALL_NOTES,
    ALL_SHOWN,
    MAX_CODE,
    MAX_DATA,
    MAX_LINES,
    MAX_RUNS,
    Evidence,
    Source,
    gathered,
    readings,
    shares,
)
from checks.lab.report.timeline import Timeline
from checks.lab.submission.answer import find
from checks.lab.target.server import Target
from checks.stages import TAKE_HOME, named
from tests.lab.witness import journal, request

STAGE = "01_sequential_flows"
NAMED = named(TAKE_HOME).locustfile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locustfile.py").write_text("import socket\n")
    return tmp_path


def shown(folder: Path, stage: str = STAGE) -> Evidence:
    submission = find(folder, stage)
    return gathered(submission, readings(submission))


def sources(folder: Path) -> dict[str, Source]:
    return {source.name: source for source in shown(folder).sources}


def test_code_comes_first_and_data_last(folder: Path) -> None:
    for name in ("a.csv", "b.py", "NOTES.md"):
        (folder / name).write_text("x\n")
    assert list(sources(folder)) == ["locustfile.py", "b.py", "NOTES.md", "a.csv"]


def test_python_is_read_for_notes(folder: Path) -> None:
    (folder / "data.json").write_text("import socket")
    assert [note.split(" (")[0] for note in shown(folder).notes] == [
        "locustfile.py:1: opens connections of its own, which Locust does not count"
    ]


@pytest.mark.parametrize(
    ("stage", "name", "count"), [(TAKE_HOME, "locustfile.py", 1), (TAKE_HOME, NAMED, 0), (STAGE, "ann.py", 0)]
)
def test_a_file_that_did_not_keep_its_name_is_noted(tmp_path: Path, stage: str, name: str, count: int) -> None:
    (tmp_path / name).write_text("x = 1\n")
    said = f"{name}: the brief calls this file {NAMED} and says that it keeps its name"
    assert shown(tmp_path, stage).notes == [said] * count


def test_long_files_are_cut_and_what_is_missing_is_said(folder: Path) -> None:
    (folder / "locustfile.py").write_text("#" * (MAX_CODE + 1))
    (folder / "many.py").write_text("\n" * (MAX_LINES + 2))
    (folder / "data.csv").write_text("1\n" * MAX_DATA)
    assert {name: (len(source.text), source.more) for name, source in sources(folder).items()} == {
        "locustfile.py": (MAX_CODE, "the rest of the last line"),
        "many.py": (MAX_LINES - 1, "2 more lines"),
        "data.csv": (MAX_DATA - 1, f"{MAX_DATA // 2} more lines"),
    }


def test_a_short_file_is_whole(folder: Path) -> None:
    assert sources(folder)["locustfile.py"] == Source("locustfile.py", "import socket")
    (folder / "locustfile.py").write_text("#" * MAX_CODE + "\n")
    assert not sources(folder)["locustfile.py"].more


def test_the_lines_are_those_that_python_counts(folder: Path) -> None:
    (folder / "locustfile.py").write_bytes(b"# a\rimport os\r\n\x0cx = 1\n")
    assert sources(folder)["locustfile.py"].text.split("\n") == ["# a", "import os", "<U+000C>x = 1"]


def test_no_other_file_takes_the_room_of_what_runs(folder: Path) -> None:
    for number in range(5):
        (folder / f"a{number}.py").write_text("import socket\n" * 7_000)
    (folder / "locustfile.py").write_text("import os, helper\nos.kill(1, 9)\n" + "x = 1\n" * 1_000)
    (folder / "helper.py").write_text("from deeper import secret\n" + "x = 1\n" * 100)
    (folder / "deeper.py").write_text("import ctypes\n")
    evidence = shown(folder)
    names = [source.name for source in evidence.sources]
    assert names[:3] == ["locustfile.py", "helper.py", "deeper.py"]
    assert not any(source.more for source in evidence.sources[:3])
    assert all(source.more for source in evidence.sources[3:])
    assert sum(len(source.text) for source in evidence.sources) <= ALL_SHOWN
    assert evidence.notes[0].startswith("locustfile.py:2: ends processes without a word")
    assert evidence.notes[1].startswith("deeper.py:1: reaches below Python")
    assert all(any(note.startswith(f"a{number}.py:") for note in evidence.notes) for number in range(5))
    assert sum(note.endswith(" more") for note in evidence.notes) == 5
    assert len(evidence.notes) <= ALL_NOTES + len(names) + 1


def test_what_runs_is_read_before_fillers(folder: Path) -> None:
    for number in range(12):
        (folder / f"a{number}.py").write_bytes(b"#" * MAX_BYTES)
    (folder / "locustfile.py").write_text("import helper")
    (folder / "helper.py").write_text("import socket")
    notes = shown(folder).notes
    assert notes[0].startswith("helper.py:1: opens connections")
    assert any("not looked at, as the submission has more than 1 MB of code" in note for note in notes)


def test_many_notes_are_cut_and_counted(folder: Path) -> None:
    (folder / "locustfile.py").write_text("import socket\n" * 1000)
    notes = shown(folder).notes
    assert len(notes) == MAX_NOTES + 1
    assert notes[-1] == f"locustfile.py: {1000 - MAX_NOTES} more"


def test_what_is_left_is_shared_out_evenly() -> None:
    assert shares([10, 90, 90], 100) == [10, 45, 45]
    assert shares([5, 5], 100) == [5, 5]
    assert shares([5, 5], -1) == [0, 0]
    assert shares([], 7) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_notes_that_are_a_link_are_not_read(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("secret")
    (folder / "NOTES.md").symlink_to(secret)
    assert list(sources(folder)) == ["locustfile.py"]


def test_runs_are_taken_once_with_their_reason() -> None:
    evidence = Evidence([Source("a", "b")], ["note"], [Timeline(0, 0, (), ())])
    taken = evidence.taken("It works.")
    assert [run.reason for run in taken.runs] == ["It works."]
    assert evidence == evidence.taken("again") == Evidence()
    assert Evidence.unpacked(json.loads(json.dumps(taken.packed()))) == taken


def test_the_run_of_the_request_at_fault_comes_once_more_with_it_marked() -> None:
    first, second = request("a", "/1", 1.0, 1.5), request("a", "/2", 2.0, 2.5)
    evidence, report = Evidence(), Evidence()
    for requests in ((first,), (second,)):
        evidence.saw(Target("http://127.0.0.1:1", journal(*requests)))
    report.add(evidence.taken("It loads."))
    report.add(evidence.taken("It works.", first))
    report.add(evidence.taken("It shines.", second))
    report.add(evidence.taken("It goes on.", request("a", "/3")))  # from a run that the evidence doesn't hold
    assert [(run.reason, run.culprit_of, bool(run.culprit)) for run in report.runs] == [
        ("It loads.", "It works.", True),
        ("It loads.", "It shines.", True),
    ]


def test_the_first_request_at_fault_of_a_run_stays_marked() -> None:
    requests = [request("a", f"/{n}", n + 1.0, n + 1.5) for n in range(2)]
    evidence, report = Evidence(), Evidence()
    evidence.saw(Target("http://127.0.0.1:1", journal(*requests)))
    for criterion, culprit in zip(("It works.", "It shines."), requests, strict=True):
        report.add(evidence.taken(criterion, culprit))
    (run,) = report.runs
    assert run.culprit is not None
    assert (run.culprit_of, run.culprit[1].text) == ("It works.", "GET /0")


def test_notes_around_a_take_home_are_the_candidates_too(tmp_path: Path) -> None:
    (tmp_path / "simulations").mkdir()
    (tmp_path / "simulations" / "demo_locustfile.py").write_text("import locust\n")
    (tmp_path / "NOTES.md").write_text("outside")
    found = shown(tmp_path, "jsonplaceholder_task").sources
    assert [(source.name, source.text) for source in found][1:] == [("NOTES.md", "outside")]
    (tmp_path / "simulations" / "NOTES.md").write_text("inside")
    found = shown(tmp_path, "jsonplaceholder_task").sources
    assert [(source.name, source.text) for source in found][1:] == [("NOTES.md", "inside")]


def test_two_workers_bring_one_stage_together() -> None:
    evidence = Evidence()
    for _ in range(MAX_RUNS):
        evidence.add(Evidence([Source("a", "b")], ["note"], [Timeline(0, 0, (), ())] * 2))
    assert (len(evidence.sources), evidence.notes, len(evidence.runs)) == (1, ["note"], MAX_RUNS)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_that_is_passed_over_is_noted_with_where_it_leads(folder: Path) -> None:
    (folder / "helpers").symlink_to("../neighbour\x1b")
    assert "helpers -> ../neighbour<U+001B>: a link, and nothing behind it takes part" in shown(folder).notes
