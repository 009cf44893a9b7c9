"""`check` and `test`: pytest on the learner's work, and on the course itself."""

import os
import sys
from functools import partial

from checks.stages import ROOT
from course.choice import chosen
from course.job import REQUIREMENTS, Job
from course.programs import first_to_end, running
from course.system import INTERRUPT


def read_check(words: list[str]) -> Job:
    """Reads which stage is to be graded: all unless the first word names one. Further words go to pytest."""
    if words and not words[0].startswith("-"):
        words = ["-k", chosen(words[0]).name, *words[1:]]
    return Job(partial(check, words))


def read_test(words: list[str]) -> Job:
    """Reads nothing: what the user typed goes to pytest, which runs the course's own tests on all cores."""
    work = partial(pytest, ROOT / "tests", "-n", "auto", "--dist", "loadgroup", *words)
    return Job(work, requirements=(REQUIREMENTS, ROOT / "tests" / "requirements.txt"))


def check(words: list[str]) -> int:
    """Runs the graders with these options of pytest; returns pytest's status."""
    os.environ["PYTHONSAFEPATH"] = "1"  # else a pytest.py would run that lies where the user stands
    return pytest(ROOT / "checks", *words)


def pytest(*words: object) -> int:
    """Runs pytest with the terminal as its own; returns its status."""
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", *words]
    with running(command, stdin=None, request=INTERRUPT) as process:  # after SIGINT pytest still tears fixtures down
        return first_to_end({"pytest": process})[1]
