"""The commands by their names."""

import sys
from collections.abc import Callable

from course import demo, grade, reset, slides, suite
from course.job import Job

# What reads a command's words, and changes nothing yet. For words that make no sense it ends with status 2 or raises
# Stop.
COMMANDS: dict[str, Callable[[list[str]], Job]] = {
    "demo": demo.read,
    "check": suite.read_check,
    "reset": reset.read,
    "grade": grade.read,
    "slides": slides.read,
    "test": suite.read_test,
}


def named(name: str) -> Callable[[list[str]], Job]:
    """Returns what reads the words of a command; where there is none, ends with status 2 and a line that lists them."""
    if name not in COMMANDS:
        print(f"workshop.py: there is no command {name!r}; there are: {', '.join(COMMANDS)}, help.", file=sys.stderr)
        sys.exit(2)
    return COMMANDS[name]
