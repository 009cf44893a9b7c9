"""The documents: links work, words are spelled right, and the stages' texts follow one pattern."""

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import unquote

import pytest

from checks import stages
from tests.launcher.clone import tracked_files

ROOT = Path(__file__).resolve().parents[2]
STAGES = [stage.name for stage in stages.STAGES.values() if not stage.is_apart]
FENCED = re.compile(r"^( *)(`{3,}).*?^\1\2 *$", flags=re.DOTALL | re.MULTILINE)
LINK = re.compile(r'(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)(?: "[^"]*")?\)')
# Headings that every stage's text has, in this order; others may come between them.
PATTERN = ["What you need", "The task", "Steps", "Check yourself", "Go further", "Troubleshooting"]
FIRST_SCREEN = 45  # lines


def tracked(pattern: str = "*") -> list[Path]:
    """Return the files of the next commit whose path matches, relative to the repository's top."""
    return sorted(path for path in tracked_files() if fnmatch(path.as_posix(), pattern))


DOCUMENTS = tracked("*.md")


def prose(document: Path) -> str:
    """Return a document without its code blocks."""
    return FENCED.sub("", (ROOT / document).read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.*?) *$", prose(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    for image, text, target in LINK.findall(prose(document)):
        assert text, f"{target} has no words for those who can't see it"
        if re.match(r"[a-z]+:", target):
            assert target.startswith(("https://", "http://127.0.0.1", "http://localhost")), target
            continue
        name, _, anchor = target.partition("#")
        file = (ROOT / document).parent / unquote(name) if name else ROOT / document
        assert file.exists(), f"{document} links to {target}"
        if anchor and not image:
            assert anchor in anchors(file.resolve().relative_to(ROOT)), f"{document} links to {target}"


def test_words_are_spelled_right() -> None:
    files = [
        file for file in tracked() if file.suffix in {".md", ".py", ".toml", ".txt", ".html", ".css", ".yml", ".conf"}
    ]
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list", "ines,notin", *map(str, files)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("stage", STAGES)
def test_a_stages_text_follows_the_pattern(stage: str) -> None:
    text = (ROOT / "exercises" / stage / "README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", FENCED.sub("", text), flags=re.MULTILINE)
    assert [heading for heading in headings if heading in PATTERN] == PATTERN
    assert re.search(rf"^# Stage {stage[:2]}: ", text)
    first_screen = "\n".join(text.splitlines()[:FIRST_SCREEN])
    for part in ("**Goal.**", "**Time.**", f"`pytest checks/ -k {stage[:2]}` says `{stage}  passed"):
        assert part in first_screen
    steps = re.findall(r"^### (\d+)\. ", text, flags=re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]
    assert f"python3 workshop.py reset {stage[:2]}" in text
    assert f"solutions/{stage}/" in text


@pytest.mark.parametrize("stage", STAGES)
def test_minutes_agree_with_the_front_page(stage: str) -> None:
    text = (ROOT / "exercises" / stage / "README.md").read_text(encoding="utf-8")
    own = re.search(r"\*\*Time\.\*\* (\d+) minutes\.", text)
    front = re.search(
        rf"\(exercises/{stage}/README\.md\) \|.*\| (\d+) \|$", prose(Path("README.md")), flags=re.MULTILINE
    )
    assert own
    assert front, f"README.md does not list {stage}"
    assert own[1] == front[1]


def test_every_picture_of_an_exercise_is_shown_and_can_be_made_again() -> None:
    for picture in [*tracked("exercises/*.svg"), *tracked("exercises/*.png")]:
        readme = (ROOT / picture).parent.joinpath("README.md").read_text(encoding="utf-8")
        assert f"]({picture.name})" in readme
        is_told = re.search(r"python benchmarks/\w+\.py", readme)
        assert is_told, f"the README beside {picture} does not say how it is made"
