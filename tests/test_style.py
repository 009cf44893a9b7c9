"""The code's style: formatted, linted and typed."""

import subprocess
import sys

import pytest

from checks.stages import ROOT


@pytest.mark.parametrize("tool", ["ruff format --check .", "ruff check .", "mypy"])
def test_code_keeps_to_the_house_style(tool: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", *tool.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
