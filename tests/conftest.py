"""How the course's own tests share the cores."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, for their fixtures' sake; deal out those of the corpus one by one."""
    for item in items:
        if item.path.name != "test_submissions.py":
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
