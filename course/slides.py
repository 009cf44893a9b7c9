"""`slides`: the decks of slides/ as HTML and PDF, built by marp-cli from npm and the system's browser."""

import argparse
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from checks.stages import ROOT
from course import ending
from course.ending import Stop, say, way_out
from course.job import Job
from course.programs import running, step

SLIDES = ROOT / "slides"
MARP = SLIDES / "node_modules" / "@marp-team" / "marp-cli" / "marp-cli.js"

# Output of npm or marp-cli, and the line that the user gets for it.
WAYS_OUT = {
    r"npm (error|ERR!) (code (E?CONN\w+|ENOTFOUND|EAI_AGAIN|\w*TIMEDOUT\w*|ENOTCACHED)|network)": (
        "npm can't reach its registry. The first build of the slides needs a network, later ones don't; "
        "slides/*.md can be read as they are."
    ),
    r"No suitable browser": (
        "The HTML is built; for the PDF marp-cli needs Chromium, Chrome or Edge, and found none: "
        "apt install chromium (Debian, Ubuntu), or Chrome from https://www.google.com/chrome/."
    ),
    **ending.WAYS_OUT,
}


def read(words: list[str]) -> Job:
    """Reads where the slides are to go; Node.js builds them, not .venv."""
    parser = argparse.ArgumentParser(prog="workshop.py slides", description=build.__doc__, allow_abbrev=False)
    parser.add_argument("--out", type=Path, default=SLIDES / "build", metavar="DIR", help="default: slides/build")
    return Job(partial(build, parser.parse_args(words).out.resolve()), requirements=())


def build(out: Path) -> int:
    """Builds the decks of slides/ as HTML and PDF, with marp-cli from npm and the system's browser."""
    node = set_up()
    with tempfile.TemporaryDirectory(prefix="workshop-") as folder:
        for file in SLIDES.glob("*.md"):
            if file.read_text(encoding="utf-8").startswith("---\nmarp: true\n"):  # a deck, not a text about decks
                shutil.copy(file, folder)
        command = [node, MARP, "--config-file", SLIDES / "marp.config.mjs", "--input-dir", folder, "--output", out]
        say("Building the HTML ...")
        marp(command)
        say("Building the PDF ...")
        marp([*command, "--pdf", "--pdf-outlines"])
    say(f"The slides are in {out}; in the HTML, the key p opens the speaker's notes.")
    return 0


def set_up() -> str:
    """Installs what slides/package-lock.json pins, once, and returns the path of node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    if not node or not npm or int((re.findall(r"\d+", asked) or ["0"])[0]) < 18:
        raise Stop(
            "the slides are built by marp-cli, which needs Node.js 18 or newer with npm: apt install nodejs npm "
            "(Debian, Ubuntu), brew install node (macOS) or https://nodejs.org; slides/*.md can be read as they are."
        )
    done = SLIDES / "node_modules" / "workshop-stamp"  # written last: an interrupted set-up has none and is done again
    pinned = hashlib.sha256((SLIDES / "package-lock.json").read_bytes()).hexdigest()
    if not done.is_file() or done.read_text() != pinned:
        say("Installing marp-cli into slides/node_modules ...")
        step([npm, "ci", "--prefix", SLIDES, "--ignore-scripts", "--no-audit", "--no-fund"], WAYS_OUT)
        done.write_text(pinned)
    return node


def marp(command: Sequence[object]) -> None:
    """Runs marp-cli; raises Stop if it fails, after printing its output unless the way out is known."""
    with running(command, piped=True) as process:
        said = process.communicate()[0].decode(errors="replace")
    if process.returncode:
        known = way_out(said, WAYS_OUT)
        if not known:
            say(said)
        raise Stop(known or f"marp-cli failed (status {process.returncode}); its message is above.")
