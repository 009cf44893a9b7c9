"""Verdicts don't flake on a busy machine: the short version of benchmarks/steadiness.py."""

import subprocess
import sys

from checks.stages import ROOT


def test_verdicts_stay_the_same_while_every_core_is_busy() -> None:
    command = [sys.executable, "benchmarks/steadiness.py", "--runs", "1"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert " 0 wrong, " in finished.stdout, finished.stdout + finished.stderr
