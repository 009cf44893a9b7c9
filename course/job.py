"""A job: what the user's words ask for, read and understood, and not begun yet."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from checks.stages import ROOT

REQUIREMENTS = ROOT / "requirements.txt"


class Job(NamedTuple):
    """The work, which returns the exit status, and the requirements files whose packages it needs in .venv.

    A job without any runs in the Python that workshop.py was started with.
    """

    work: Callable[[], int]
    requirements: tuple[Path, ...] = (REQUIREMENTS,)
