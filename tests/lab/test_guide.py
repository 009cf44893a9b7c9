"""The guide: paths relative to the learner's current folder, and a next step only for learners."""

import subprocess
import sys
from pathlib import Path

import pytest

from checks.lab.outcome import Outcome
from checks.lab.report.guide import Guide
from checks.stages import EXERCISES, ROOT

STAGE = "01_sequential_flows"


@pytest.mark.parametrize(
    ("here", "path"),
    [(ROOT, f"exercises/{STAGE}/locustfile.py"), (EXERCISES / STAGE, "locustfile.py")],
)
def test_a_path_is_as_short_as_from_where_the_learner_stands(here: Path, path: str) -> None:
    assert Guide(EXERCISES, here).path_of(STAGE, "locustfile.py") == path


def test_the_take_home_lies_beside_the_stages() -> None:
    path = Guide(EXERCISES, ROOT).path_of("jsonplaceholder_task", "demo_locustfile.py")
    assert path == "jsonplaceholder_task/simulations/demo_locustfile.py"


def test_a_single_locustfile_is_found_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    assert Guide(tmp_path / "mine.py", tmp_path).path_of(STAGE, "mine.py") == "mine.py"


def test_a_file_that_is_nowhere_keeps_its_name(tmp_path: Path) -> None:
    assert Guide(tmp_path, tmp_path).path_of(STAGE, "other.py") == "other.py"


def test_a_learner_is_told_how_to_go_on() -> None:
    guide = Guide(EXERCISES, ROOT)
    assert "solutions/01_sequential_flows/NOTES.md" in guide.next_step(STAGE, Outcome.PASSED)
    assert "exercises/02_stress_test/README.md" in guide.next_step(STAGE, Outcome.PASSED)
    assert "pytest checks/ -k 01" in guide.next_step(STAGE, Outcome.NOT_STARTED)
    assert "--hints" in guide.next_step(STAGE, Outcome.FAILED)
    assert guide.next_step(STAGE, Outcome.INCONCLUSIVE) == ""


def test_somebody_elses_work_brings_no_next_step(tmp_path: Path) -> None:
    assert {Guide(tmp_path, ROOT).next_step(STAGE, outcome) for outcome in Outcome} == {""}


def test_pytest_checks_inside_an_exercise_says_where_to_go() -> None:
    command = [sys.executable, "-m", "pytest", "checks/", "-k", "01", "-p", "no:cacheprovider"]
    typed = subprocess.run(command, cwd=EXERCISES / STAGE, capture_output=True, text=True, check=False)
    assert typed.returncode == 4
    said = "there is no checks/ in 01_sequential_flows/. Go to the course's top folder first: cd ../.."
    assert typed.stderr.strip() == f"ERROR: {said}"


def test_a_bare_pytest_grades() -> None:
    command = [sys.executable, "-m", "pytest", "-k", "01", "-p", "no:cacheprovider"]
    typed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (typed.returncode, typed.stdout.split()[:3]) == (0, [STAGE, "not", "started"])
