"""The reader: a process with limits that parses a submission's code, but runs none of it.

Python's own parser takes hundreds of times a text's size in memory, and a submission can make some versions of it hang
or crash. So no other process of the grader parses a submission's code.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

CPU_S, WALL_S = 8, 60
MEMORY = 1024**3
ATTEMPTS = 3  # each question that kills the reader costs one
# The reader imports modules of this package without the package's facade, which would import a server and a shop.
READER = """
import sys, types
for name, folder in (("checks", sys.argv[2]), ("checks.lab", sys.argv[3])):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from checks.lab.code.reader import main
main()
"""


def answers(module: str, questions: Sequence[Any]) -> list[Any]:
    """Return, as JSON values, the answer of a module's function `answer` to each question; None if it takes too much.

    If a question kills the reader, a new reader goes on with the next question.
    """
    found: list[Any] = []
    for _ in range(ATTEMPTS):
        if len(found) == len(questions):
            break
        found += _heard(module, questions[len(found) :])
        if len(found) < len(questions):
            found.append(None)
    return [*found, *[None] * (len(questions) - len(found))][: len(questions)]


def _heard(module: str, questions: Sequence[Any]) -> Iterator[Any]:
    """Yield the reader's answers, as far as it gets."""
    lab = Path(__file__).parents[1]
    command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", READER, module, str(lab.parent), str(lab)]
    asked = json.dumps(questions).encode()
    try:
        told = subprocess.run(command, input=asked, capture_output=True, timeout=WALL_S, check=False).stdout
    except subprocess.TimeoutExpired as error:
        told = error.stdout or b""
    for line in told.splitlines(keepends=True)[: len(questions)]:
        with contextlib.suppress(ValueError):  # the last answer may be cut off
            yield json.loads(line)


# --- in the reader


def main() -> None:
    """Answer the questions that come as JSON on standard input, one on each line."""
    with contextlib.suppress(ImportError):  # on Windows only the caller's time limit ends it
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answer = import_module(sys.argv[1]).answer
    for question in json.load(sys.stdin):
        print(json.dumps(answer(question)), flush=True)
