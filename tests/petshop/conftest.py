"""The tests' vocabulary: a fresh app and database for each test, or a real shop in its own process."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petshop_app import create_app

ROOT = Path(__file__).resolve().parents[2]
OPENS_WITHIN_S = 60  # a start takes half a second, but longer on a machine that is busy with other tests


@dataclass(frozen=True)
class Shop:
    """A pet shop that runs in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 on which it listens."""
        return int(self.url.rpartition(":")[2])


OpenShop = Callable[..., Shop]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """Return a shop without pets."""
    app = create_app({"DATABASE": tmp_path / "shop.sqlite3", "SEED": False, "TESTING": True})
    yield app
    app.extensions["petshop_db"]()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client of `app` that keeps its cookies."""
    return app.test_client()


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[OpenShop]:
    """Return a function that starts `python -m petshop_app` on a free port, with the given options."""
    with ExitStack() as stack:
        opened = 0

        def open_one(*options: str, program: Sequence[str] = ("-m", "petshop_app"), cwd: Path = ROOT) -> Shop:
            nonlocal opened
            opened += 1
            output = tmp_path / f"shop{opened}.log"
            with output.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, *program, "--port", "0", *options], cwd=cwd, stdout=log, stderr=subprocess.STDOUT
                )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return Shop(announced_url(process, output), process, output)

        yield open_one


@pytest.fixture
def shop(open_shop: OpenShop, tmp_path: Path) -> Shop:
    """Return a running shop on a fresh database."""
    return open_shop("--database", str(tmp_path / "shop.sqlite3"))


def announced_url(process: subprocess.Popen[bytes], output: Path) -> str:
    """Wait for the line that names the address."""
    deadline = time.monotonic() + OPENS_WITHIN_S
    while not (found := re.search(r"http://\S+", output.read_text())):
        assert process.poll() is None, f"the shop ended: {output.read_text()}"
        assert time.monotonic() < deadline, f"the shop did not open: {output.read_text()}"
        time.sleep(0.02)
    return found[0]
