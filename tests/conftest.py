"""How the course's own tests share the cores."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PORTS = ("launcher", "docs")  # both start demos, which want the same ports


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for developers who have changed a grader."""
    parser.addoption("--whole-corpus", action="store_true", help="grade every submission of the corpus, not a part")


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the corpus over the workers; keep a folder's tests on one, so that no two demos want the same port."""
    for item in items:
        if item.path.name not in ("test_submissions.py", "test_hostile.py") and item.path.is_relative_to(TESTS):
            room = item.path.relative_to(TESTS).parts[0]
            item.add_marker(pytest.mark.xdist_group("ports" if room in PORTS else room))
