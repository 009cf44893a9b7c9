"""The two references of stage 06 and of the take-home: the short one is short, and the robust one passes, too."""

from pathlib import Path

import pytest

from checks.stages import STAGES, TAKE_HOME
from tests.corpus import grade

STAGE = "06_distributed_data"
MOST_LINES = 120  # what a learner can write in two hours
both_tasks = pytest.mark.parametrize("task", [STAGE, TAKE_HOME])


def short(task: str) -> Path:
    """Return the folder of the short reference, which may contain the robust one."""
    return STAGES[task].solution / STAGES[task].inner


def robust(task: str) -> Path:
    return STAGES[task].solution / "robust"


@both_tasks
def test_the_short_reference_is_one_file_that_can_be_written_in_two_hours(task: str) -> None:
    (file,) = short(task).glob("*.py")
    assert file.name == STAGES[task].locustfile
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@both_tasks
def test_the_robust_reference_passes_with_all_points(task: str) -> None:
    verdict = grade(f"--submission={robust(task)}", "-k", task)
    stage = verdict.report["stages"][task]
    assert stage["outcome"] == "passed", verdict.output
    assert all(criterion["points"] == criterion["max_points"] for criterion in stage["criteria"])


@pytest.mark.parametrize("name", ["roster.py", "desks.py"])
def test_both_robust_references_have_the_same_code_below_their_locustfile(name: str) -> None:
    assert (robust(TAKE_HOME) / name).read_text() == (robust(STAGE) / name).read_text()


@pytest.mark.parametrize(("task", "name"), [(STAGE, "owners.csv"), (TAKE_HOME, "users.csv")])
def test_the_robust_reference_has_the_same_rows_as_the_short_one(task: str, name: str) -> None:
    assert (robust(task) / name).read_bytes() == (short(task) / name).read_bytes()
