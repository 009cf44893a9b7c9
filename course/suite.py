"""`check` and `test`: pytest on the learner's work, and on the course itself."""

import os
import sys
from functools import partial
from itertools import takewhile

from checks.stages import ROOT
from course.choice import chosen
from course.ending import say
from course.job import REQUIREMENTS, Job
from course.programs import first_to_end, running
from course.system import INTERRUPT


def read_check(words: list[str]) -> Job:
    """Reads which stages are to be graded: all unless the first words name some. Further words go to pytest."""
    help_wanted(words, "workshop.py check [STAGE ...] [options of pytest, such as --hints, -v or --report DIR]")
    named = list(takewhile(lambda word: not word.startswith("-"), words))
    stages = " or ".join(chosen(word).name for word in named)
    return Job(partial(check, [*(["-k", stages] if stages else []), *words[len(named) :]]))


def read_test(words: list[str]) -> Job:
    """Reads nothing: what the user typed goes to pytest, which runs the course's own tests on all cores."""
    help_wanted(words, "workshop.py test [options of pytest, such as -k WORD]")
    work = partial(pytest, ROOT / "tests", "-n", "auto", "--dist", "loadgroup", *words)
    return Job(work, requirements=(REQUIREMENTS, ROOT / "tests" / "requirements.txt"))


def help_wanted(words: list[str], text: str) -> None:
    """Shows the text and ends, where the words ask for help: pytest's own comes after a set-up only."""
    if {"-h", "--help"} & set(words):
        say(text)
        sys.exit(0)


def check(words: list[str]) -> int:
    """Runs the graders with these options of pytest; returns pytest's status."""
    os.environ["PYTHONSAFEPATH"] = "1"  # otherwise a pytest.py in the user's folder would run
    return pytest(ROOT / "checks", *words)


def pytest(*words: object) -> int:
    """Runs pytest with full use of the terminal; returns its status."""
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", *words]
    with running(command, stdin=None, request=INTERRUPT) as process:  # after SIGINT pytest still tears fixtures down
        return first_to_end({"pytest": process})[1]
