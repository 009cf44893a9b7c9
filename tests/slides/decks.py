"""The decks as texts: slides with a heading, minutes, contents, and a note for the speaker."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SLIDES = ROOT / "slides"
# The six stages that are taught in class; later ones are for learners on their own.
STAGES = sorted(folder.name for folder in (ROOT / "exercises").iterdir() if folder.is_dir())[:6]
FRONT_MATTER = re.compile(r"---\nmarp: true\ntheme: workshop\npaginate: true\ntitle: .+\n---\n")
BREAK = re.compile(r"^---$", re.MULTILINE)
MINUTES = re.compile(r"^\*(\d+) min\*$", re.MULTILINE)
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
DIRECTIVE = re.compile(r"\s*_class: \w+\s*")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMAGE = re.compile(r"!\[(.*?)\]\((.*?)\)", re.DOTALL)


@dataclass(frozen=True)
class Slide:
    """One slide of a deck."""

    deck: Path
    number: int
    source: str

    def __str__(self) -> str:
        return f"{self.deck.name}, slide {self.number}"

    @property
    def shown(self) -> str:
        """Returns the text outside of comments."""
        return COMMENT.sub("", self.source).strip()

    @property
    def note(self) -> str:
        """Returns the speaker's note."""
        return " ".join(text.strip() for text in COMMENT.findall(self.source) if not DIRECTIVE.fullmatch(text))

    @property
    def prose(self) -> str:
        """Returns the text that the audience has to read on the slide: no code, no tables, no pictures."""
        text = IMAGE.sub("", FENCE.sub("", self.shown))
        return "\n".join(line for line in text.splitlines() if not line.startswith("|"))

    @property
    def minutes(self) -> int:
        """Returns the time that the slide takes."""
        (found,) = MINUTES.findall(self.shown)
        return int(found)

    @property
    def images(self) -> list[tuple[str, Path]]:
        """Returns text and file of each picture."""
        return [(text, (self.deck.parent / path).resolve()) for text, path in IMAGE.findall(self.shown)]

    def code(self, *languages: str) -> list[str]:
        """Returns the blocks of code in these languages."""
        return [code for language, code in FENCE.findall(self.shown) if language in languages]


def slides(deck: Path) -> list[Slide]:
    """Returns a deck's slides."""
    text = deck.read_text(encoding="utf-8")
    start = FRONT_MATTER.match(text)
    assert start, f"{deck.name} does not begin as a deck does"
    return [Slide(deck, number, source) for number, source in enumerate(BREAK.split(text[start.end() :]), start=1)]


def minutes(deck: Path) -> int:
    """Returns how long a session takes."""
    return sum(slide.minutes for slide in slides(deck))


DECKS = sorted(file for file in SLIDES.glob("*.md") if file.name != "INSTRUCTOR.md")
EVERY_SLIDE = [slide for deck in DECKS for slide in slides(deck)]
