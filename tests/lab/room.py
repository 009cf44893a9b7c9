"""The room: a process in exam mode's private network, in which tests of the cell can run."""

import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120
DOOR = """
import sys
sys.path.insert(0, {root!r})
from checks.lab.cell import bubblewrap
from checks.lab.cell.bubblewrap import BubblewrapCell
from checks.lab.cell.inmate import is_alive
from checks.lab.cell.private import enter
from checks.lab.cell.shelf import PRIVATE
enter()
"""
ONE_CELL = """
import json
{before}
with BubblewrapCell() as cell, (cell.root / "said").open("wb") as output:
    process = cell.start(["-c", {code!r}], output, cell.root / "told")
    status = process.wait()
    said = (cell.root / "said").read_text(errors="replace")
    facts = {{"status": status, "said": said[-100_000:], "told": (cell.root / "told").read_text()}}
    cell.kill(process)
    facts["broken"] = cell.broken
print(json.dumps(facts))
"""


@dataclass(frozen=True)
class Finished:
    """A process that has run in a cell: its status, its output, what it told the grader, which limit it broke."""

    status: int
    said: str
    told: str
    broken: str

    @property
    def facts(self) -> Any:
        """The JSON that it printed."""
        return json.loads(self.said)


def in_the_room(code: str) -> str:
    """Return the output of Python code in the private network, outside of any cell."""
    finished = subprocess.run(
        [sys.executable, "-c", DOOR.format(root=str(ROOT)) + textwrap.dedent(code)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def in_a_cell(code: str, before: str = "") -> Finished:
    """Return how Python code ends in a cell; `before` runs outside, before the cell is made."""
    return Finished(**json.loads(in_the_room(ONE_CELL.format(code=textwrap.dedent(code), before=before))))
