"""The browser that the system has: Chromium, Chrome or Edge, driven by Playwright."""

import os
import re
import shutil
import zlib
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
# Paths below %ProgramFiles% and similar folders.
WINDOWS_PROGRAMS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
NO_BROWSER = (
    "no Chromium, Chrome or Edge found: install one (Debian, Ubuntu: apt install chromium; macOS, Windows: Chrome)"
)


def find_browser() -> str | None:
    """Return the path of a Chromium-like browser, or None."""
    folders = [os.environ.get(name, "") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    programs = [str(Path(folder, program)) for folder in folders if folder for program in WINDOWS_PROGRAMS]
    found = (shutil.which(command) for command in (*COMMANDS, *APPLICATIONS, *programs))
    return next((path for path in found if path), None)


def require_browser() -> str:
    """Return the browser's path; without a browser skip the test, or fail it in CI, which has to have one."""
    path = find_browser()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NO_BROWSER, pytrace=False)
        pytest.skip(NO_BROWSER)
    return path


def launch_flags() -> list[str]:
    """Return the flags for a browser that talks only to 127.0.0.1."""
    flags = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    # Chromium's sandbox refuses to start for root, the usual user in containers.
    return [*flags, "--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else flags


def violations(page: Page) -> list[str]:
    """Return axe-core's objections to a page."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


def sheets(pdf: bytes) -> int:
    """Return how many pages a PDF has."""
    packed = re.findall(rb"/ObjStm\b.*?stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    objects = b"".join([pdf, *(zlib.decompressobj().decompress(stream) for stream in packed)])
    return len(re.findall(rb"/Type\s*/Page\b", objects))
