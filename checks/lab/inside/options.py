"""What configuration files mean to Locust's own parser: `python options.py RESULT NAME...` writes it to RESULT.

It runs in the submission's cell, imports nothing of the course, and runs no line of the submission's Python.
"""

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

MAX_BYTES = 64 * 1024  # of a file: a thousand times what one needs
MARK = b"\xef\xbb\xbf"  # some editors begin a file with it; Locust takes it for a part of the first name


def parsed(name: str) -> dict[str, Any]:
    """Return what one file means to Locust's parser in this process: `options` and `unknown` ones, or an `error`."""
    from locust.argument_parser import get_parser

    if obstacle := _obstacle(Path(name)):
        return {"error": obstacle}
    said, printed = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            options, unknown = get_parser().parse_known_args(["--config", name])
    except SystemExit:
        words = " ".join(printed.getvalue().split()[:2])
        refusal = said.getvalue().strip().partition("error: ")[2]
        return {"error": refusal or f'instead it prints "{words} ..." and ends'}
    except Exception as error:  # noqa: BLE001 - bytes that are no UTF-8, values nested too deeply: any error is the file's
        return {"error": str(error) or type(error).__name__}
    return {"options": vars(options), "unknown": [word.removeprefix("--") for word in unknown]}


def _obstacle(file: Path) -> str:
    """Return what Locust would silently misread; empty if there is nothing of the kind."""
    if not file.is_file():
        return ""  # Locust itself reports it
    if file.stat().st_size > MAX_BYTES:
        return f"it has more than {MAX_BYTES >> 10} kB"
    content = file.read_bytes()
    if content.startswith(MARK):
        return "it begins with a byte order mark, which becomes a part of the first name"
    return "it holds NUL bytes, so it is no plain text" if b"\0" in content else ""


def main() -> None:
    """Write what the files named on the command line mean: a line for each, after one that says that it has begun."""
    result, *names = sys.argv[1:]
    import locust.argument_parser  # noqa: F401 - takes a while

    with Path(result).open("w", encoding="utf-8", buffering=1) as told:
        told.write("began\n")
        for name in names:
            told.write(json.dumps(parsed(name), default=str) + "\n")


if __name__ == "__main__":
    main()
