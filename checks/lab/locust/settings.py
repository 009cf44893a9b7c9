"""The settings: what Locust's configuration files really mean, by Locust's own parser in the submission's cell."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.lab.cell.practice import Cell
from checks.lab.untrusted import fit, lines, parsed

PARSER = Path(__file__).parents[1] / "inside" / "options.py"
MOST_BYTES = 2 * 1024**2  # of the parser's output: as much as it reads from files, as JSON
LIMIT = 60.0  # seconds: a busy machine takes a few to import Locust


@dataclass(frozen=True)
class Settings:
    """A configuration file as Locust understands it, its defaults included.

    If Locust would not start with the file, `options` is empty and `error` says why, in Locust's own words if possible.
    `unknown` are settings that Locust does not know; a locustfile may declare them, so they are not necessarily
    wrong.
    """

    options: dict[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    error: str = ""


NO_END = Settings(error="it comes to no end with it")


def read(cell: Cell, names: Sequence[str]) -> list[Settings]:
    """Return what each of the cell's files `names` means.

    Raises:
        TimeoutError: Locust's parser was not even loaded in time, so the machine is too busy.
    """
    result = cell.root / "settings.json"
    with (cell.root / "settings.log").open("wb") as output:
        process = cell.start([str(PARSER), str(result), *names], output, result)
        try:
            process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            cell.kill(process)
    told = lines(result, MOST_BYTES, MOST_BYTES)
    if not told:
        raise TimeoutError(f"Locust's parser was not there within {LIMIT:.0f} s")
    found = [(fit(Settings, facts) if (facts := parsed(line)) else None) or NO_END for line in told[1:]]
    return [*found, *[NO_END] * len(names)][: len(names)]
