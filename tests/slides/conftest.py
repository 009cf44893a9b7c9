"""The built slides, and a browser to look at them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import launch_flags, require_browser

from .decks import ROOT

NOT_AT_FAULT = ("which needs Node.js", "npm can't reach")


def workshop_slides(*words: str | Path, **environment: str) -> tuple[int, str]:
    """Returns the status and the output of `workshop.py slides`."""
    finished = subprocess.run(
        [sys.executable, str(ROOT / "workshop.py"), "slides", *map(str, words)],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    return finished.returncode, finished.stdout


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder with the built decks; without npm the test is skipped, in CI it fails."""
    require_browser()
    folder = tmp_path_factory.mktemp("slides")
    status, output = workshop_slides("--out", folder)
    if any(reason in output for reason in NOT_AT_FAULT) and not os.environ.get("CI"):
        pytest.skip(output.strip().splitlines()[-1])
    assert status == 0, output
    return folder


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Returns the system's browser, headless."""
    path = require_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=launch_flags())
        yield browser
        browser.close()
