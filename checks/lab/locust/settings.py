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
    from checks.lab.cell.practice import Cell

LIMIT = 60.0  # seconds: a busy machine takes a few to import Locust
MAX_BYTES = 64 * 1024  # of a file: a thousand times what one has to say
MARK = b"\xef\xbb\xbf"  # with which some editors begin a file; to Locust it is a part of the first name


@dataclass(frozen=True)
class Settings:
    """A configuration file as Locust understands it, its defaults included.

    `options` is empty and `error` says why, in Locust's own words if it has any, where Locust would not begin with the
    file. `unknown` are settings that Locust has not heard of; a locustfile may declare them, so that they are not wrong
    by themselves.
    """

    options: dict[str, Any] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    error: str = ""


def read(cell: "Cell", names: Sequence[str]) -> list[Settings]:
    """Return what each of the cell's files `names` means.

    Raises:
        TimeoutError: Locust's parser was not even loaded in time, so the machine is too busy.
    """
    result = cell.root / "settings.json"
    with (cell.root / "settings.log").open("wb") as output:
        process = cell.start([__file__, str(result), *names], output, result)
        try:
            process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            cell.kill(process)
    told = result.read_text(encoding="utf-8").splitlines(keepends=True) if result.exists() else []
    if not told:
        raise TimeoutError(f"Locust's parser was not there within {LIMIT:.0f} s")
    whole = [json.loads(line) for line in told[1:] if line.endswith("\n")]
    found = [Settings(**{**facts, "unknown": tuple(facts["unknown"])}) for facts in whole]
    return found + [Settings(error="it comes to no end with it")] * (len(names) - len(found))


def parsed(name: str) -> Settings:
    """Return what one file means to Locust's parser in this process."""
    from locust.argument_parser import get_parser

    if obstacle := _obstacle(Path(name)):
        return Settings(error=obstacle)
    said, printed = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            options, unknown = get_parser().parse_known_args(["--config", name])
    except SystemExit:
        words = " ".join(printed.getvalue().split()[:2])
        return Settings(
            error=said.getvalue().strip().partition("error: ")[2] or f'instead it prints "{words} ..." and ends'
        )
    except Exception as error:  # noqa: BLE001 - bytes that are no UTF-8, values that are nested too deeply: all is the file's
        return Settings(error=str(error) or type(error).__name__)
    return Settings(vars(options), tuple(word.removeprefix("--") for word in unknown))


def _obstacle(file: Path) -> str:
    """Return what Locust would misread without a word; empty where there is nothing of the kind."""
    if not file.is_file():
        return ""  # Locust says so
    if file.stat().st_size > MAX_BYTES:
        return f"it has more than {MAX_BYTES >> 10} kB"
    content = file.read_bytes()
    if content.startswith(MARK):
        return "it begins with a byte order mark, which becomes a part of the first name"
    return "it holds NUL bytes, so it is no plain text" if b"\0" in content else ""


def main() -> None:
    """Write what the files named on the command line mean: a line for each, after one that says that it begins."""
    result, *names = sys.argv[1:]
    import locust.argument_parser  # noqa: F401 - takes a while

    with Path(result).open("w", encoding="utf-8", buffering=1) as told:
        told.write("began\n")
        for name in names:
            told.write(json.dumps(vars(parsed(name)), default=str) + "\n")


if __name__ == "__main__":
    main()
