"""Adding a stage takes only its folders, its check and its row in the registry."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks.stages import ROOT
from tests.corpus import Verdict, grade

NEEDED = ("checks", "petshop_app", "jsonplaceholder_task", "solutions", "exercises", "pyproject.toml", "conftest.py")
NAME = "42_watch_the_health"
STARTER = """from locust import HttpUser, constant, task


class PetShopUser(HttpUser):
    wait_time = constant(1)

    @task
    def open_dashboard(self):
        self.client.get("/")
"""
SOLUTION = STARTER.replace("open_dashboard", "look_at_health").replace('"/"', '"/health"')
CHECK = '''"""Stage 42: each user looks at the health of the shop."""

import pytest

from checks.lab import Failed, Lab, Run, require_requests


@pytest.fixture(scope="module")
def run(lab: Lab) -> Run:
    with lab.petshop() as shop:
        return lab.swarm(shop, users=2, done=lambda journal: len(journal) > 5)


@pytest.mark.criterion(points=1)
def test_loads(run: Run) -> None:
    """Locust loads the file."""
    require_requests(run)


@pytest.mark.criterion(points=2, after="loads")
def test_health(run: Run) -> None:
    """Each user looks at the health of the shop."""
    if any(request.path != "/health" for request in run.journal):
        raise Failed("users ask for something else", "GET /health", 'self.client.get("/health")')
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the course with one more stage."""
    copy = tmp_path_factory.mktemp("course")
    for name in NEEDED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
    for folder, text in (("exercises", STARTER), ("checks/starters", STARTER), ("solutions", SOLUTION)):
        (copy / folder / NAME).mkdir()
        (copy / folder / NAME / "locustfile.py").write_text(text)
    (copy / "checks" / f"test_{NAME}.py").write_text(CHECK)
    (copy / "checks" / "hints" / f"{NAME}.md").write_text("# Hints: stage 42\n\n## health\n\nRead the contract.\n")
    registry = copy / "checks" / "stages.py"
    registry.write_text(registry.read_text().replace("_ROWS = (\n", f'_ROWS = (\n    Stage("{NAME}"),\n'))
    return copy


def graded(course: Path, *arguments: object) -> Verdict:
    return grade("-k", "42", *arguments, root=course)


def test_its_solution_passes(course: Path) -> None:
    assert graded(course, "--solutions").report["stages"][NAME]["points"] == 3


def test_its_starter_is_not_started_and_the_learner_is_told_what_to_do(course: Path) -> None:
    verdict = graded(course)
    assert verdict.report["stages"][NAME]["outcome"] == "not_started"
    assert f"read exercises/{NAME}/README.md, edit locustfile.py beside it" in verdict.output


def test_a_wrong_answer_fails_with_the_words_of_its_check(course: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(STARTER + "\n# mine\n")
    verdict = graded(course, f"--submission={tmp_path / 'mine.py'}", "--hints")
    assert [criterion["id"] for criterion in verdict.failed(NAME)] == ["health"]
    assert "Read the contract." in verdict.output


def test_a_batch_knows_it(course: Path, tmp_path: Path) -> None:
    words = [
        "-m",
        "checks.lab.batch",
        "--mode",
        "practice",
        "--stage",
        NAME,
        "--out",
        tmp_path,
        course / "solutions" / NAME,
    ]
    finished = subprocess.run(
        [sys.executable, *map(str, words)], cwd=course, capture_output=True, text=True, check=False
    )
    assert f"3/3 points ({NAME} passed)" in finished.stdout, finished.stdout + finished.stderr
