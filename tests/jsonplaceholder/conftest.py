"""The tests' vocabulary: a client of the local API, and the API in a process of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from jsonplaceholder_task.api import create_app

ROOT = Path(__file__).resolve().parents[2]
TASK = ROOT / "jsonplaceholder_task"
SOLUTION = ROOT / "solutions" / "jsonplaceholder_task"
WITHIN_S = 60  # a start takes half a second, but longer on a machine that is busy with other tests

OpenApi = Callable[..., str]


@pytest.fixture
def client() -> FlaskClient:
    """Return a client of a fresh API that keeps its cookies."""
    return create_app().test_client()


@pytest.fixture
def open_api(tmp_path: Path) -> Iterator[OpenApi]:
    """Return a function that starts the API on a free port and returns its address."""
    with ExitStack() as stack:

        def open_one(program: Sequence[str], cwd: Path) -> str:
            output = tmp_path / "api.log"
            with output.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, *program, "--port", "0"], cwd=cwd, stdout=log, stderr=subprocess.STDOUT
                )
            stack.callback(process.wait)
            stack.callback(process.kill)
            deadline = time.monotonic() + WITHIN_S
            while not (found := re.search(r"http://\S+", output.read_text())):
                assert process.poll() is None, f"the API ended: {output.read_text()}"
                assert time.monotonic() < deadline, f"the API did not open: {output.read_text()}"
                time.sleep(0.02)
            return found[0]

        yield open_one
