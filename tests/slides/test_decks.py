"""What the decks say: goal, minutes, notes, one idea a slide, code from the solutions, figures from measured runs."""

import importlib.util
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from course.commands import COMMANDS

from .contrast import ratio
from .decks import DECKS, EVERY_SLIDE, ROOT, SLIDES, STAGES, Slide, minutes, slides

SUBJECTS = {  # what the course promises to show from measured runs
    "growth",
    "capacity",
    "littles_law",
    "open_closed",
    "average",
    "coordinated_omission",
    "scaling",
    "crash",
}
WORDS_ON_A_SLIDE, WORDS_OF_A_NOTE = 55, 15
each_deck = pytest.mark.parametrize("deck", DECKS, ids=lambda deck: deck.stem)
each_slide = pytest.mark.parametrize("slide", EVERY_SLIDE, ids=str)
FIGURES = sorted({file for slide in EVERY_SLIDE for _, file in slide.images})
each_figure = pytest.mark.parametrize("figure", FIGURES, ids=lambda file: file.stem)


def test_each_session_has_its_deck() -> None:
    assert [deck.stem for deck in DECKS] == ["00_opening", *STAGES, "take_home"]


@each_deck
def test_deck_opens_with_its_goal_and_its_minutes(deck: Path) -> None:
    first = slides(deck)[0].shown
    assert re.search(r"^\*\*Goal\.\*\* \w.+\.$", first, re.MULTILINE)
    assert re.findall(r"^\*\*(\d+) minutes\*\*", first, re.MULTILINE) == [str(minutes(deck))]


@each_slide
def test_slide_has_one_heading_and_then_its_minutes(slide: Slide) -> None:
    mark = "#" if slide.number == 1 else "##"
    assert re.match(rf"{mark} \S.*\n\n\*[1-9]\d* min\*\n", slide.shown)
    assert len(re.findall(r"^#+ ", re.sub(r"```.*?```", "", slide.shown, flags=re.DOTALL), re.MULTILINE)) == 1


@each_slide
def test_slide_has_one_idea_and_the_note_says_the_rest(slide: Slide) -> None:
    assert len(re.findall(r"[^\W\d]{2,}", slide.prose)) <= WORDS_ON_A_SLIDE
    assert len(slide.note.split()) >= WORDS_OF_A_NOTE


@pytest.mark.parametrize("stage", STAGES)
def test_exercise_has_the_time_that_its_readme_gives_it(stage: str) -> None:
    readme = (ROOT / "exercises" / stage / "README.md").read_text(encoding="utf-8")
    (given,) = re.findall(r"^\*\*Time\.\*\* (\d+) minutes\.", readme, re.MULTILINE)
    (turn,) = [slide for slide in EVERY_SLIDE if f"`exercises/{stage}/README.md`" in slide.shown]
    assert turn.minutes == int(given)
    assert slides(turn.deck)[0].shown.splitlines()[0] == readme.splitlines()[0]
    assert f"\n{turn.shown.split()[0]} Your turn\n" in f"\n{turn.shown}"


@each_slide
def test_code_stands_word_for_word_in_a_solution(slide: Slide) -> None:
    files = (ROOT / "solutions").rglob("*")
    solutions = [file.read_text(encoding="utf-8") for file in files if file.suffix in (".py", ".conf", ".toml", ".csv")]
    for code in slide.code("python", "ini", "toml", "csv"):
        assert any(code.rstrip("\n") in solution for solution in solutions), code


@each_slide
def test_each_block_of_code_has_a_language_that_is_tested(slide: Slide) -> None:
    assert slide.shown.count("```") == 2 * len(slide.code("python", "ini", "toml", "csv", "bash", "text"))


def known_commands() -> set[str]:
    """Returns the commands of the documents that learners and evaluators follow, and a demo for each stage."""
    files = [*ROOT.glob("exercises/*/README.md"), ROOT / "README.md", ROOT / "jsonplaceholder_task" / "README.md"]
    blocks = [re.findall(r"^ *```bash\n(.*?)^ *```", file.read_text(encoding="utf-8"), re.M | re.S) for file in files]
    lines = {line.split(" #")[0].strip() for block in blocks for text in block for line in text.splitlines()}
    return lines | {f"python3 workshop.py demo {stage[:2]}" for stage in STAGES}


def is_known(line: str) -> bool:
    """Tells whether a document has this command, or the course has its parts."""
    words = line.split()
    if words[:2] == ["python3", "workshop.py"] and words[2] != "demo":
        options = [word for word in words if word.startswith("--")]
        known = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "course").glob("*.py"))
        return words[2] in COMMANDS and all(f'"{option}"' in known for option in options)
    return line in known_commands()


@each_slide
def test_commands_are_those_of_the_documents(slide: Slide) -> None:
    unknown = [line for code in slide.code("bash") for line in code.splitlines() if not is_known(line)]
    assert not unknown


def test_every_subject_has_its_figure() -> None:
    assert {figure.stem for figure in FIGURES} == SUBJECTS


@each_slide
def test_picture_is_described_for_those_who_do_not_see_it(slide: Slide) -> None:
    assert all(len(text.split()) >= 15 for text, _ in slide.images)


def texts(figure: Path) -> list[tuple[str, str]]:
    """Returns each text of an SVG with its colour."""
    elements = ET.parse(figure).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - our own file
    colours = (re.search(r"fill: (#\w+)", element.get("style", "")) for element in elements)
    elements = ET.parse(figure).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314
    return [
        ("".join(element.itertext()), colour[1] if colour else "#000000")
        for element, colour in zip(elements, colours, strict=True)
    ]


@each_figure
def test_figure_names_the_command_that_draws_it_and_the_machine(figure: Path) -> None:
    caption = texts(figure)[-1][0]
    found = re.search(
        r"python ((?:slides|benchmarks)/[\w/]+\.py)\b(?: (\w+))?; \d+ cores.*, (Linux|Darwin|Windows)", caption
    )
    assert found, caption
    assert (ROOT / found[1]).is_file()
    assert found[2] in (figure.stem, None)


@each_figure
def test_texts_of_the_figure_have_contrast(figure: Path) -> None:
    weak = [(text, colour) for text, colour in texts(figure) if text.strip() and ratio(colour, "#ffffff") < 4.5]
    assert not weak


def test_one_command_draws_every_figure() -> None:
    spec = importlib.util.spec_from_file_location("draw", SLIDES / "figures" / "draw.py")
    assert spec
    assert spec.loader
    draw = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw)
    assert {*draw.FIGURES, *draw.SHARED} == SUBJECTS
    assert {file.stem for file in (SLIDES / "figures").glob("*.svg")} == set(draw.FIGURES)


def test_a_figure_is_drawn_from_a_run(tmp_path: Path) -> None:
    command = [sys.executable, str(SLIDES / "figures" / "draw.py"), "average", "--out", str(tmp_path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert finished.returncode == 0, finished.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["average.svg"]
    assert any(text.startswith("average") for text, _ in texts(tmp_path / "average.svg"))


def test_nothing_comes_from_the_internet() -> None:
    for file in [*DECKS, SLIDES / "theme.css", SLIDES / "marp.config.mjs"]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"url\(|@import|\]\(http|src=|fetch\(", text), file
