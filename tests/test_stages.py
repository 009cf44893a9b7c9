"""Every stage hangs together: starter, solution, README, hints and check tell the same story."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from checks import stages
from checks.lab.verdict import hints
from checks.stages import ROOT, TAKE_HOME, named
from tests.corpus import Verdict, grade

TASKS = list(stages.STAGES)
STAGES = [stage.name for stage in stages.STAGES.values() if not stage.is_apart]


def starters(stage: str) -> list[Path]:
    return sorted(file for file in (ROOT / "checks" / "starters" / stage).rglob("*") if file.is_file())


def shown(file: Path) -> list[str]:
    """The lines of a file that are neither blank nor a comment."""
    lines = [line.rstrip() for line in file.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith("#")]


@pytest.fixture(scope="module")
def reference() -> Verdict:
    return grade("--solutions")


@pytest.mark.parametrize("stage", TASKS)
def test_stage_has_all_its_parts(stage: str) -> None:
    assert (named(stage).exercise / "README.md").is_file()
    assert (ROOT / "solutions" / stage / "NOTES.md").is_file()
    assert (ROOT / "checks" / f"test_{stage}.py").is_file()
    assert starters(stage)


@pytest.mark.parametrize("stage", TASKS)
def test_exercise_is_the_starter_that_reset_puts_back(stage: str) -> None:
    for starter in starters(stage):
        exercise = named(stage).exercise / starter.relative_to(ROOT / "checks" / "starters" / stage)
        assert exercise.read_text() == starter.read_text(), f"python3 workshop.py reset {stage[:2]} puts it back"


def test_what_the_first_starter_shows_stands_in_the_solution() -> None:
    for starter in starters(STAGES[0]):
        solution = ROOT / "solutions" / STAGES[0] / starter.name
        rest = iter(shown(solution))
        missing = [line for line in shown(starter) if line not in rest]
        assert not missing, f"{solution} lacks, in this order: {missing}"


@pytest.mark.parametrize(("before", "stage"), list(pairwise(STAGES)))
def test_stage_starts_where_the_one_before_ended(before: str, stage: str) -> None:
    starter = ROOT / "exercises" / stage / "locustfile.py"
    assert starter.read_text() == (ROOT / "solutions" / before / "locustfile.py").read_text()


@pytest.mark.parametrize("stage", STAGES)
def test_python_in_the_readme_is_part_of_the_solution(stage: str) -> None:
    readme = (ROOT / "exercises" / stage / "README.md").read_text(encoding="utf-8")
    solution = "".join(file.read_text() for file in sorted((ROOT / "solutions" / stage).glob("*.py")))
    snippets = re.findall(r"^```python\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)
    assert snippets
    for snippet in snippets:
        assert snippet in solution


@pytest.mark.parametrize("stage", TASKS)
def test_reference_passes_with_all_points(stage: str, reference: Verdict) -> None:
    verdict = reference.report["stages"][stage]
    assert verdict["outcome"] == "passed", verdict
    assert all(criterion["points"] == criterion["max_points"] for criterion in verdict["criteria"])


@pytest.mark.parametrize("stage", TASKS)
def test_each_criterion_has_hints(stage: str, reference: Verdict) -> None:
    criteria = [criterion["id"] for criterion in reference.report["stages"][stage]["criteria"]]
    known = hints.read(stage)
    assert list(known) == criteria
    assert all(known.values())


def test_starters_are_not_started() -> None:
    verdict = grade("--submission", ROOT / "checks" / "starters")
    assert verdict.status == 0
    assert {name: stage["outcome"] for name, stage in verdict.report["stages"].items()} == dict.fromkeys(
        TASKS, "not_started"
    )


@pytest.mark.parametrize("stage", TASKS)
def test_starter_with_a_mere_comment_added_fails(stage: str, tmp_path: Path) -> None:
    for starter in starters(stage):
        (tmp_path / starter.name).write_text(starter.read_text() + "# mine\n")
    verdict = grade("--submission", tmp_path, "-k", stage)
    assert verdict.status == 1
    assert verdict.report["stages"][stage]["outcome"] == "failed"


def test_solution_and_starters_run_in_an_empty_folder() -> None:
    """Starter and solution import nothing of the course."""
    for file in (file for folder in ("solutions", "exercises", TAKE_HOME) for file in (ROOT / folder).rglob("*.py")):
        assert not re.search(
            r"^\s*(from|import) (checks|course|petshop_app|tests|workshop)\b", file.read_text(), re.MULTILINE
        )
