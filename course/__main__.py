"""Runs one command in this Python: `python -m course COMMAND`, which workshop.py starts by this file's path.

Started by its path and with -P, Python imports nothing from the user's current folder.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the course's packages are; -P leaves it out

from course import signals
from course.commands import named
from course.ending import status_of


def main(words: list[str]) -> int:
    """Runs the command that the words name, and returns its exit status."""
    signals.catch()
    name, *rest = words or [""]
    return named(name)(rest).work()


if __name__ == "__main__":
    sys.exit(status_of(lambda: main(sys.argv[1:])))
