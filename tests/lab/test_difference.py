"""The difference: what a submission has changed in the starter's files."""

from pathlib import Path

import pytest

from checks.lab.report.difference import differences
from checks.lab.report.evidence import Source

STARTERS = Path(__file__).resolve().parents[2] / "checks" / "starters"
TASK = "jsonplaceholder_task"


def starter(name: str) -> str:
    return (STARTERS / TASK / "simulations" / name).read_text(encoding="utf-8").rstrip("\n")


def test_changed_lines_stand_among_their_neighbours_with_the_submissions_numbers() -> None:
    text = starter("demo_locustfile.py").replace("    user_id = 1\n", "    user_id = 2\n    more = 3\n")
    (found,) = differences(TASK, [Source("demo_locustfile.py", text, False)])
    (stretch,) = found.stretches
    changed = [(line.kind, line.text.strip(), line.number) for line in stretch if line.kind != "kept"]
    assert changed == [("removed", "user_id = 1", 0), ("added", "user_id = 2", 12), ("added", "more = 3", 13)]
    assert (found.count("added"), found.count("removed"), len(stretch)) == (2, 1, 9)
    assert (found.is_new, found.is_unchanged) == (False, False)


@pytest.mark.parametrize(("blanks", "end"), [("", ""), ("  ", ""), ("", "\n\n")])
def test_a_file_as_it_was_handed_out_is_unchanged_whatever_an_editor_does(blanks: str, end: str) -> None:
    text = starter("users.csv").replace("\n", f"{blanks}\n") + end
    (found,) = differences(TASK, [Source("users.csv", text, False)])
    assert found.is_unchanged


def test_a_file_of_ones_own_is_new_and_notes_are_no_code() -> None:
    own = Source("demo_locustfile.py", starter("demo_locustfile.py"), False)
    found = differences(TASK, [own, Source("more.py", "a\nb", False), Source("NOTES.md", "a", False)])
    assert [(each.name, each.is_new, each.count("added")) for each in found[1:]] == [("more.py", True, 2)]


def test_a_locustfile_with_another_name_is_compared_all_the_same() -> None:
    (found,) = differences(TASK, [Source("mine.py", starter("demo_locustfile.py"), False)])
    assert found.is_unchanged
    both = differences(TASK, [Source("demo_locustfile.py", "a", False), Source("mine.py", "b", False)])
    assert [each.is_new for each in both] == [False, True]


def test_a_stage_without_a_starter_has_new_files_alone() -> None:
    assert [each.is_new for each in differences("no_stage", [Source("locustfile.py", "a", False)])] == [True]
