"""Helps those who type `pytest checks/` where there is no such folder: inside an exercise, say."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Stop with one line where an argument means a folder of the course that can't be seen from here."""
    here = config.invocation_params.dir
    way = os.path.relpath(config.rootpath, here)
    if not config.option.file_or_dir and here.is_relative_to(config.rootpath / "exercises"):
        raise pytest.UsageError(f"no verdict comes from {here.name}/. Go to the course's top folder first: cd {way}")
    for word in config.invocation_params.args:
        is_ours = str(word).rstrip("\\/") in ("checks", "tests")
        if is_ours and here != config.rootpath and not (here / word).exists() and (config.rootpath / word).exists():
            raise pytest.UsageError(
                f"there is no {word} in {here.name}/. Go to the course's top folder first: cd {way}"
            )
