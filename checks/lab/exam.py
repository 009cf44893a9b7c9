"""The command that starts exam mode: pytest in a private network, each submission in a cell. Linux, with bubblewrap.

python -m checks.lab.exam [what pytest takes]    the same as python -m pytest, but there
python -m checks.lab.exam --probe                ends with 0 if exam mode works; otherwise says why not, with 1
"""

import os
import subprocess
import sys

from checks.lab.cell.bubblewrap import BubblewrapCell
from checks.lab.cell.cgroup import group
from checks.lab.cell.private import NoExam, enter, require_programs
from checks.lab.cell.shelf import SHELF_BYTES
from checks.stages import ROOT

REFUSAL = "exam mode is not available: "
WITH_PATH = ("--submission", "--report")
PROBE_LIMIT = 60.0  # seconds; an idle machine needs half of one


def obstacle() -> str:
    """Return in one line why exam mode is not available; empty if it is. Tries it in a process of its own."""
    try:
        require_programs()
    except NoExam as error:
        return str(error)
    try:
        trial = subprocess.run(
            [sys.executable, "-P", "-m", "checks.lab.exam", "--trial"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"a cell has not started within {PROBE_LIMIT:.0f} s: is the machine very busy? Try again"
    lines = (trial.stdout + trial.stderr).strip().splitlines()
    return (lines or ["a cell does not start, and says nothing"])[-1].removeprefix(REFUSAL) if trial.returncode else ""


def memory_is() -> str:
    """Return how the memory of cells is bounded here, worded to continue a sentence."""
    if tried := group("probe", SHELF_BYTES):
        tried.close()
        return f"control groups (version {tried.version}) hold the memory of cells to the byte"
    return "the memory of cells is counted ten times a second, as this system lets the grader make no control groups"


# --- the command


def main(words: list[str]) -> None:
    """Do what the command line asks for."""
    if words == ["--probe"]:
        if why := obstacle():
            sys.exit(REFUSAL + why)
        print(f"exam mode works here; {memory_is()}")
        return
    try:
        enter()
    except NoExam as error:
        sys.exit(f"{REFUSAL}{error}")
    if words == ["--trial"]:
        sys.exit(_trial() or 0)
    # -P: a grader that runs in a submission's folder must not import from it; -c: nor read its settings.
    options = ["-c", str(ROOT / "pyproject.toml"), "--isolation=exam"]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "pytest", *options, *_joined(words)])  # noqa: S606 - no shell is the point


def _joined(words: list[str]) -> list[str]:
    """Join `--submission PATH` into one word: pytest would take PATH for tests, and load a conftest.py from it."""
    if len(words) < 2:
        return words
    first, second, *rest = words
    return [f"{first}={second}", *_joined(rest)] if first in WITH_PATH else [first, *_joined(words[1:])]


def _trial() -> str:
    """Start a cell that does nothing; return its message if it does not start."""
    with BubblewrapCell() as cell, (cell.root / "said").open("w+b") as output:
        process = cell.start(["-c", "import locust.clients"], output, cell.root / "told")
        if process.wait(PROBE_LIMIT) == 0:
            return ""
        said = (cell.root / "said").read_text(errors="replace").strip().splitlines()
        return f"a cell does not start: {[*said, cell.broken][-1] or f'it ends with status {process.returncode}'}"


if __name__ == "__main__":
    main(sys.argv[1:])
