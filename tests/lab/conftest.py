"""Fixtures for all tests of the lab."""

import time
from collections.abc import Iterator

import pytest

from checks.lab.target.server import Target, serve
from tests.lab.witness import witness

QUICK_S = 5  # of this process's own time; linear code needs a tenth of it


@pytest.fixture
def quick() -> Iterator[None]:
    """Expect that the test takes no longer than the length of its input explains."""
    began = time.process_time()
    yield
    assert time.process_time() - began < QUICK_S


@pytest.fixture
def target() -> Iterator[Target]:
    """Return a served witness and its journal."""
    with serve(witness) as target:
        yield target
