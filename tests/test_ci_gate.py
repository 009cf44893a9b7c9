"""The gate for CI that stage 03 teaches: a real run's exit status says whether the SLO was kept."""

import re
import shutil
import subprocess
import sys

import pytest

from checks.lab.cell.practice import Cell
from checks.lab.lab import COMPRESSION
from checks.lab.locust.run import Run, run_alone
from checks.lab.target.middleware.faults import Answer, Choice, Faults, in_turn
from checks.lab.target.server import serve
from checks.stages import ROOT
from tests.lab.witness import witness

SOLUTION = ROOT / "solutions" / "03_slo_failures"
OPENED = 60
BROKEN = Answer("broken", status=500)


IDLE = "from locust import User, constant, task\n\nclass Idle(User):\n    @task\n    def idle(self): pass\n"


def ran(files: str, choose: Choice, requests: int = 2 * OPENED + 10) -> Run:
    """Run `files` of the solution for `requests` requests, adding pets and opening dashboards in turn."""
    with serve(Faults(witness, choose)) as target, Cell() as cell:
        for file in SOLUTION.glob("*.py"):
            shutil.copy(file, cell.work)
        (cell.work / "idle.py").write_text(IDLE)
        return run_alone(
            cell, files, target, users=5, compression=COMPRESSION, done=lambda journal: len(journal) >= requests
        )


def dashboards(broken: int) -> Choice:
    return in_turn("GET", "/", [BROKEN] * broken)


@pytest.mark.parametrize(("broken", "status"), [(0, 0), (2, 0), (20, 1)])
def test_status_follows_the_share_of_broken_promises(broken: int, status: int) -> None:
    run = ran("locustfile.py,ci_gate.py", dashboards(broken))
    said = re.search(r"(\d+) of (\d+) dashboards failed, and 0 other requests", run.log)
    assert said, run.log
    assert int(said[1]) == broken
    assert int(said[2]) >= OPENED * 0.8
    assert run.exit_code == status


def test_without_the_gate_a_single_failure_fails_the_run() -> None:
    assert ran("locustfile.py", dashboards(1)).exit_code == 1


def test_a_failure_elsewhere_is_not_forgiven() -> None:
    run = ran("locustfile.py,ci_gate.py", in_turn("POST", "/pets", [BROKEN]))
    assert "0 of " in run.log
    assert ", and 1 other requests" in run.log
    assert run.exit_code == 1


def test_a_run_without_a_single_dashboard_is_no_success() -> None:
    run = ran("idle.py,ci_gate.py", dashboards(0), requests=0)
    assert "0 of 0 dashboards failed" in run.log
    assert run.exit_code == 1


def test_a_worker_leaves_the_verdict_to_its_master() -> None:
    code = """
from types import SimpleNamespace
from ci_gate import WorkerRunner, judge_the_run
worker = SimpleNamespace(runner=object.__new__(WorkerRunner))
judge_the_run(worker)
assert not hasattr(worker, "process_exit_code")
"""
    subprocess.run([sys.executable, "-c", code], cwd=SOLUTION, check=True, timeout=60)
