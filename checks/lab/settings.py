"""The settings: what Locust's configuration files really mean, told by Locust's own parser in the submission's cell.

Run as a file it imports nothing of the course: `python settings.py RESULT NAME...` writes to RESULT what they say.
No line of the submission's Python runs.
"""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checks.lab.cell import Cell

LIMIT = 60.0  # seconds: a busy machine takes a few to import Locust


@dataclass(frozen=True)
class Settings:
    """A configuration file as Locust understands it, its defaults included.

    `options` is empty and `error` has Locust's own words where it can't read the file. `unknown` are settings that
    Locust has not heard of; a locustfile may declare them, so that they are not wrong by themselves.
    """

    options: dict[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    error: str = ""


def read(cell: "Cell", names: Sequence[str]) -> list[Settings]:
    """Return what each of the cell's files `names` means.

    Raises:
        TimeoutExpired: the machine is too busy.
        FileNotFoundError: the parser wrote no result.
    """
    result = cell.root / "settings.json"
    with (cell.root / "settings.log").open("wb") as output:
        process = cell.start([__file__, str(result), *names], output, result)
        try:
            process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            cell.kill(process)
            raise
    told = json.loads(result.read_text(encoding="utf-8"))
    return [Settings(**{**facts, "unknown": tuple(facts["unknown"])}) for facts in told]


def parsed(name: str) -> Settings:
    """Return what one file means to Locust's parser in this process."""
    from locust.argument_parser import get_parser

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options, unknown = get_parser().parse_known_args(["--config", name])
    except SystemExit:
        return Settings(error=said.getvalue().strip().partition("error: ")[2])
    except (ValueError, OSError) as error:  # bytes that are no UTF-8, a folder of that name
        return Settings(error=str(error))
    return Settings(vars(options), tuple(word.removeprefix("--") for word in unknown))


def main() -> None:
    """Write what the files named on the command line mean."""
    result, *names = sys.argv[1:]
    facts = [vars(parsed(name)) for name in names]
    Path(result).write_text(json.dumps(facts, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
