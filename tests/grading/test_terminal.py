"""The terminal, as a learner reads it: what is wrong, why, and what to do next, before any scrolling."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.stages import ROOT
from tests.corpus import FOLDER, grade

NEEDED = ("checks", "petshop_app", "jsonplaceholder_task", "solutions", "exercises", "pyproject.toml", "conftest.py")
FIRST = 12  # lines
ADDS = """    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
"""
FIRST_STAGE, FIFTH_STAGE = "01_sequential_flows", "05_round_robin_data"
Lines = list[str]
Grade = Callable[[str, str | None], Lines]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A learner's copy of the repository."""
    copy = tmp_path_factory.mktemp("course")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture
def graded(course: Path) -> Grade:
    """Puts a learner's file into a stage's folder, and returns the first lines of what `pytest checks/` prints."""

    def run(stage: str, code: str | None) -> Lines:
        file = course / "exercises" / stage / "locustfile.py"
        shutil.copy(ROOT / "exercises" / stage / "locustfile.py", file)
        if code is not None:
            file.write_text(code, encoding="utf-8")
        output = grade("-k", stage[:2], root=course).output
        print(output)  # seen with pytest -rP
        return [line for line in output.splitlines() if line.strip()][:FIRST]

    return run


def wrong(stage: str, name: str) -> str:
    """Return a submission of the corpus."""
    return (FOLDER / stage / "wrong" / name / "locustfile.py").read_text(encoding="utf-8")


def half_done() -> str:
    """Return stage 01's starter with the first of its three places filled in."""
    starter = (ROOT / "exercises" / FIRST_STAGE / "locustfile.py").read_text(encoding="utf-8")
    head, mark, rest = starter.partition("    # TODO 1")
    assert mark
    return f"{head}{ADDS}\n    @task{rest.partition('@task')[2]}"


def beginnings(lines: Lines) -> Lines:
    """Return the first word of each line."""
    return [line.split()[0] for line in lines]


@pytest.mark.parametrize("stage", [FIRST_STAGE, FIFTH_STAGE])
def test_a_starter_says_what_to_read_and_what_to_edit(graded: Grade, stage: str) -> None:
    lines = graded(stage, None)
    assert lines[0] == f"{stage}  not started  0/10 points"
    assert f"read exercises/{stage}/README.md, edit locustfile.py beside it" in "\n".join(lines)


@pytest.mark.parametrize(
    ("stage", "name", "reason"),
    [
        (FIRST_STAGE, "sixth_request_out_of_turn", "number 6 is out of turn"),
        (FIFTH_STAGE, "owner_id_for_pet_id", r"but pet \d+ (is nobody's|belongs to owner)"),
    ],
)
def test_a_wrong_answer_shows_its_first_failure_the_request_and_the_next_step(
    graded: Grade, stage: str, name: str, reason: str
) -> None:
    lines = graded(stage, wrong(stage, name))
    assert lines[0].startswith(f"{stage}  FAILED")
    assert beginnings(lines)[1] == "FAILED"
    assert re.search(reason, " ".join(" ".join(lines).split()))
    assert beginnings(lines).count(">") == 1
    assert {"seen:", "expected:", "next:"} <= set(beginnings(lines))


def test_a_half_done_answer_shows_what_is_next(graded: Grade) -> None:
    lines = graded(FIRST_STAGE, half_done())
    assert beginnings(lines)[:5] == [FIRST_STAGE, "FAILED", "seen:", "expected:", "next:"]
    assert "has no host" in lines[2]
    lines = graded(FIFTH_STAGE, wrong(FIFTH_STAGE, "never_looks_at_visits"))
    assert beginnings(lines)[1] == "FAILED"
    assert {"seen:", "expected:", "next:"} <= set(beginnings(lines))
    assert "asked for visits" in " ".join(lines) or "times for visits" in " ".join(lines)


@pytest.mark.parametrize(("stage", "onward"), [(FIRST_STAGE, "02_stress_test"), (FIFTH_STAGE, "06_distributed_data")])
def test_a_passed_stage_says_where_to_go_on(graded: Grade, stage: str, onward: str) -> None:
    solution = (ROOT / "solutions" / stage / "locustfile.py").read_text(encoding="utf-8")
    lines = graded(stage, solution)
    assert lines[0] == f"{stage}  passed  10/10 points"
    words = " ".join(" ".join(lines).split())
    assert f"compare your answer with solutions/{stage}/NOTES.md; then go on to exercises/{onward}/README.md" in words
