"""A browser for the pages that evaluators read."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import launch_flags, require_browser, sheets

Show = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's browser, headless."""
    path = require_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=launch_flags())
        yield browser
        browser.close()


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Return a function that opens a file; at the end, no page may have requested anything else, or complained."""
    asked: list[str] = []
    complaints: list[str] = []

    def opened(file: Path, width: int = 1280, **options: object) -> Page:
        page = browser.new_context(viewport={"width": width, "height": 800}, **options).new_page()  # type: ignore[arg-type]
        page.on("request", lambda sent: asked.append(sent.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in browser.contexts:
        context.close()
    assert complaints == []
    assert all(url.startswith("file:") for url in asked)


def without_sideways_scrolling(page: Page) -> bool:
    """Tell whether the page fits its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def prints_on_one_sheet(page: Page, selector: str) -> bool:
    """Tell whether a part of the page fits on one printed A4 page, and everything after it begins on the next page."""
    page.emulate_media(media="print")
    whole, own = sheets(page.pdf(prefer_css_page_size=True)), page.locator(selector)
    ends = own.evaluate("element => getComputedStyle(element).breakAfter")
    own.evaluate("element => { while (element.nextElementSibling) element.nextElementSibling.remove(); }")
    return sheets(page.pdf(prefer_css_page_size=True)) == 1 and (whole == 1 or ends == "page")
