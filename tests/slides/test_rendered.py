"""Each deck is built and opened in a real browser: nothing overflows, nothing is missing, everything is readable."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from course.slides import MARP, marp, set_up
from tests.browser import sheets

from .decks import DECKS, SLIDES, slides
from .inspection import count, faults

each_deck = pytest.mark.parametrize("deck", DECKS, ids=lambda deck: deck.stem)


def test_only_decks_are_built(built: Path) -> None:
    expected = {deck.with_suffix(suffix).name for deck in DECKS for suffix in (".html", ".pdf")}
    assert {file.name for file in built.iterdir()} == expected


@each_deck
def test_no_slide_has_a_fault(deck: Path, built: Path, browser: Browser) -> None:
    assert faults(browser, built / f"{deck.stem}.html") == []


@each_deck
def test_slides_and_notes_are_all_there(deck: Path, built: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((built / f"{deck.stem}.html").as_uri())
    assert count(page) == len(slides(deck))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    notes = page.locator("div.bespoke-marp-note").all_text_contents()
    assert [" ".join(note.split()) for note in notes] == [plain(slide.note) for slide in slides(deck)]
    page.close()


def plain(note: str) -> str:
    """Returns a note as marp shows it: blanks are one, Markdown's marks are kept as they are."""
    return " ".join(note.split())


@each_deck
def test_pdf_has_a_page_for_each_slide(deck: Path, built: Path) -> None:
    content = (built / f"{deck.stem}.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert sheets(content) == len(slides(deck))


# The inspection finds each fault, one on each slide.

FAULTS = {
    "overflows the slide": "\n\n".join(f"Paragraph {number}" for number in range(12)),
    "is cut off": "```python\n" + "name = " + "'long' + " * 20 + "''\n```",
    "image is missing": "![A figure that is not there](figures/nowhere.png)",
    "contrast of 2.": "<style scoped>p { color: #a0a8b0; }</style>\n\nToo pale to be read.",
    "contrast of 1.": "<style scoped>p { opacity: 0.2; }</style>\n\nAlmost gone.",
    "text of 12 px": "<style scoped>p { font-size: 12px; }</style>\n\nToo small.",
    "fetches http://127.0.0.1:9/": "![A figure from elsewhere](http://127.0.0.1:9/figure.png)",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(fault: str, built: Path, browser: Browser, tmp_path: Path) -> None:
    deck, html = tmp_path / "deck.md", tmp_path / "deck.html"
    front = "---\nmarp: true\ntheme: workshop\npaginate: true\n---\n"
    deck.write_text(f"{front}\n# Sound\n\n*1 min*\n\n---\n\n## Faulty\n\n*1 min*\n\n{FAULTS[fault]}\n")
    marp([set_up(), MARP, "--config-file", SLIDES / "marp.config.mjs", deck, "--output", html])
    found = faults(browser, html)
    assert any(fault in line for line in found), found
    assert not any(line.startswith("slide 1") for line in found)
