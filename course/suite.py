"""`check` and `test`: pytest on the learner's work, and on the course itself."""

import os
import sys
from collections.abc import Callable
from functools import partial

from checks.stages import ROOT
from course.choice import chosen
from course.programs import first_to_end, running
from course.system import INTERRUPT


def read_check(words: list[str]) -> Callable[[], int]:
    """Reads which stage to grade: all unless the first word names one. Further words go to pytest."""
    if words and not words[0].startswith("-"):
        words = ["-k", chosen(words[0]).name, *words[1:]]
    return partial(check, words)


def read_test(words: list[str]) -> Callable[[], int]:
    """Reads nothing: the user's words go to pytest, which runs the course's own tests on all cores."""
    return partial(pytest, ROOT / "tests", "-n", "auto", "--dist", "loadgroup", *words)


def check(words: list[str]) -> int:
    """Runs the graders with these options of pytest; returns pytest's status."""
    os.environ["PYTHONSAFEPATH"] = "1"  # otherwise a pytest.py in the user's folder would run
    return pytest(ROOT / "checks", *words)


def pytest(*words: object) -> int:
    """Runs pytest with full use of the terminal; returns its status."""
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", *words]
    with running(command, stdin=None, request=INTERRUPT) as process:  # after SIGINT pytest still tears fixtures down
        return first_to_end({"pytest": process})[1]
