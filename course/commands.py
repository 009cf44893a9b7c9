"""The commands by their names."""

import sys
from collections.abc import Callable
from typing import NamedTuple

from course import demo, grade, reset, slides, suite


class Command(NamedTuple):
    """A command: the function that reads its words, and whether it needs the packages in .venv.

    `read` changes nothing yet. It returns the job, which does the work and returns the exit status. If the words make
    no sense, it ends with status 2 or raises Stop.
    """

    read: Callable[[list[str]], Callable[[], int]]
    needs_venv: bool = True


COMMANDS = {
    "demo": Command(demo.read),
    "check": Command(suite.read_check),
    "reset": Command(reset.read, needs_venv=False),
    "grade": Command(grade.read),
    "slides": Command(slides.read, needs_venv=False),  # Node.js builds them
    "test": Command(suite.read_test),
}


def named(name: str) -> Command:
    """Returns the command of this name; if there is none, ends with status 2 and a line that lists the commands."""
    if name not in COMMANDS:
        print(f"workshop.py: there is no command {name!r}; there are: {', '.join(COMMANDS)}, help.", file=sys.stderr)
        sys.exit(2)
    return COMMANDS[name]
