"""The gradings: whole ones in exam mode, from the command line to the report, and what they leave behind."""

import subprocess
import tempfile
import time
from pathlib import Path

from checks.stages import named
from tests.corpus import grade
from tests.fuzz.guard import Ending, remove
from tests.fuzz.recipes import Recipe, make
from tests.hostile import STEERING, unharmed

RUN_LIMIT = (
    20  # seconds: with less than Locust's start plus the grader's patience, silence would look like a slow machine
)
MARGIN = 60.0  # seconds for everything except the runs themselves, on a busy machine


def graded(recipe: Recipe) -> Ending:
    """Return how a grading ended: with a complaint if it gives no verdict, takes too long or leaves traces."""
    folder, started = Path(tempfile.mkdtemp(prefix="fuzz-")), time.monotonic()
    try:
        for name in ("in", "tmp"):
            (folder / name).mkdir()
        make(recipe, folder / "in")
        complaint = _complaint(recipe, folder)
    finally:
        remove(folder)
    return Ending(complaint, recipe["stage"], round(time.monotonic() - started, 1))


def _complaint(recipe: Recipe, folder: Path) -> str:
    path = folder / "in" / (recipe["archive"]["name"] if "archive" in recipe else recipe.get("path", ""))
    limit = named(recipe["stage"]).runs * RUN_LIMIT + MARGIN
    try:
        with unharmed(folder / "tmp"):
            verdict = grade(
                *(f"--submission={path}", f"--run-limit={RUN_LIMIT}", "-k", recipe["stage"], "--seed=1"),
                program="checks.lab.exam",
                timeout=limit,
                TMPDIR=str(folder / "tmp"),
            )
    except subprocess.TimeoutExpired:
        return f"did not end within {limit:.0f} s"
    except (RuntimeError, AssertionError) as error:  # no report, or something is left
        return f"{type(error).__name__}: {str(error)[-500:]}"
    unclear = [
        f"{criterion['id']}: {criterion['message']}"
        for stage in verdict.report["stages"].values()
        for criterion in stage["criteria"]
        if criterion["outcome"] == "inconclusive"
    ]
    if unclear:
        return f"inconclusive: {unclear[0]}"
    if verdict.status not in (0, 1):
        return f"status {verdict.status}: {verdict.output[-300:]}"
    return "the output steers a terminal" if STEERING.search(verdict.output) else ""
