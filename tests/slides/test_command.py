"""`workshop.py slides` without a tool that it needs: one line that says how to get it."""

import os
import shutil
from pathlib import Path

import pytest

from .conftest import workshop_slides
from .decks import DECKS


def test_without_node_it_is_one_line(tmp_path: Path) -> None:
    status, output = workshop_slides("--out", tmp_path / "out", PATH=str(tmp_path))
    assert status == 1
    assert output.startswith("workshop.py: the slides are built by marp-cli, which needs Node.js 18 or newer with npm:")
    assert "apt install nodejs npm" in output
    assert output.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the old node")
def test_old_node_is_the_same_line(tmp_path: Path) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v12.22.9\n")
        (tmp_path / name).chmod(0o755)
    status, output = workshop_slides("--out", tmp_path / "out", PATH=str(tmp_path))
    assert status == 1
    assert "which needs Node.js 18 or newer" in output
    assert output.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="browsers are not found by PATH there")
def test_without_a_browser_the_html_is_built_and_a_line_says_what_is_missing(built: Path, tmp_path: Path) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path), "CHROME_PATH": ""}
    status, output = workshop_slides("--out", tmp_path / "out", **environment)
    assert status == 1
    assert output.splitlines()[-1].startswith("workshop.py: The HTML is built; for the PDF marp-cli needs Chromium")
    assert len(output.splitlines()) == 3
    assert {file.name for file in (tmp_path / "out").iterdir()} == {f"{deck.stem}.html" for deck in DECKS}
