"""What every test of the lab may ask for."""

from collections.abc import Iterator

import pytest

from checks.lab.target import Target, serve
from tests.lab.witness import witness


@pytest.fixture
def target() -> Iterator[Target]:
    """Return a served witness and its journal."""
    with serve(witness) as target:
        yield target
