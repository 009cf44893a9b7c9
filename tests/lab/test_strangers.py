"""Strangers: neither the grader's pytest nor its Python obeys files that lie beside a submission."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checks.stages import ROOT
from tests.hostile import require_exam_mode

PYTEST = (sys.executable, "-m", "pytest")
CODE = "import pathlib; pathlib.Path({canary!r}).touch()"
SETTINGS = {
    "pytest.ini": "[pytest]\naddopts = -p evil\npythonpath = .\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-p", "evil"]\npythonpath = ["."]\n',
    "conftest.py": "",
}


@pytest.fixture(params=SETTINGS)
def submission(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a stage's solution with settings beside it that load code into any program that obeys them."""
    folder = tmp_path / "in"
    folder.mkdir()
    code = CODE.format(canary=str(tmp_path / "canary"))
    for name in ("evil.py", "sitecustomize.py", "usercustomize.py"):
        (folder / name).write_text(code)
    (folder / request.param).write_text(SETTINGS[request.param] or code)
    solution = ROOT / "solutions" / "01_sequential_flows" / "locustfile.py"
    (folder / "locustfile.py").write_text(solution.read_text())
    return folder


def graded(*program: str | Path, words: tuple[str, ...], cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*program, *words, "-k", "01 and loads", "-p", "no:cacheprovider"],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_practice_mode_gives_no_verdict_where_pytest_has_obeyed_a_submission(submission: Path) -> None:
    finished = graded(*PYTEST, words=("--submission", str(submission), "checks/"))
    assert finished.returncode != 0
    assert " passed" not in finished.stdout
    if "evil" not in (finished.stdout + finished.stderr).replace(str(submission), ""):
        assert "write checks/ before --submission" in finished.stderr


def test_practice_mode_sees_nothing_of_it_where_the_order_is_right(submission: Path) -> None:
    finished = graded(*PYTEST, words=("checks/", "--submission", str(submission)))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert not (submission.parent / "canary").exists()


def test_exam_mode_sees_nothing_of_it_in_any_order_from_anywhere(submission: Path) -> None:
    require_exam_mode()
    checks = str(ROOT / "checks")
    for words in (("--submission", str(submission), checks), (checks, f"--submission={submission}")):
        finished = graded(sys.executable, "-m", "checks.lab.exam", words=words, cwd=submission)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert not (submission.parent / "canary").exists()


def test_one_word_for_the_path_is_right_in_any_order(submission: Path) -> None:
    finished = graded(*PYTEST, words=(f"--submission={submission}", "checks/"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert not (submission.parent / "canary").exists()


def test_no_verdict_where_python_takes_modules_from_the_submission(submission: Path) -> None:
    finished = graded(*PYTEST, words=(str(ROOT / "checks"), "--submission=."), cwd=submission)
    assert (finished.returncode, finished.stdout) == (4, "")
    assert f"Python takes modules from {submission}: grade from the course's folder" in finished.stderr


def test_check_and_practice_run_nothing_that_lies_where_the_user_stands(submission: Path, tmp_path: Path) -> None:
    for name in ("pytest.py", "json.py", "locust.py", "checks/__init__.py", "course/__init__.py"):
        (submission / name).parent.mkdir(exist_ok=True)
        (submission / name).write_text(CODE.format(canary=str(tmp_path / "canary")))
    check = (
        "workshop.set_up = lambda _: None; workshop.PYTHON = sys.executable; workshop.main(['check', *sys.argv[1:]])"
    )
    command = f"import sys; sys.path[0] = {str(ROOT)!r}; import workshop; {check}"
    checked = graded(sys.executable, "-c", command, words=("--submission=.", "-n", "2"), cwd=submission)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not (tmp_path / "canary").exists()
