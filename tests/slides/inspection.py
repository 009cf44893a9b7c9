"""Looks at each slide of a built deck in a browser and says what is wrong with it."""

from pathlib import Path

from playwright.sync_api import Browser, Page

WIDTH, HEIGHT = 1280, 720
LOOK = (Path(__file__).parent / "inspection.js").read_text(encoding="utf-8")
IS_SHOWN = "number => document.querySelector('.bespoke-marp-active section')?.id === number"
HAS_PICTURES = "[...document.images].every(image => image.complete)"


def faults(browser: Browser, deck: Path) -> list[str]:
    """Returns the faults of all slides, each with the number of the slide."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(deck.as_uri())
    found = []
    for number in range(1, count(page) + 1):
        page.goto(f"{deck.as_uri()}#{number}")
        page.wait_for_function(IS_SHOWN, arg=str(number))
        page.wait_for_function(HAS_PICTURES)
        found += [f"slide {number}: {fault}" for fault in page.evaluate(LOOK)]
    page.close()
    return found + [f"fetches {url}" for url in asked if not url.startswith(("file:", "data:"))]


def count(page: Page) -> int:
    """Returns how many slides the open deck has."""
    return page.locator("svg[data-marpit-svg]").count()
