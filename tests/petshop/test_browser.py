"""The dashboard in a real browser, with JavaScript and without."""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from petshop_app.seed import PETS
from tests.browser import launch_flags, require_browser, violations

from .conftest import Shop

AT_FIRST, THEN = str(len(PETS)), str(len(PETS) + 1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's browser, headless."""
    path = require_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=launch_flags())
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def dashboard(request: pytest.FixtureRequest, browser: Browser, shop: Shop) -> Iterator[Page]:
    """Return the dashboard of a fresh shop; in the end, no request may have left this machine."""
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 1280, "height": 800})
    asked: list[str] = []
    context.on("request", lambda sent: asked.append(sent.url))
    page = context.new_page()
    page.goto(shop.url)
    yield page
    context.close()
    assert any(url.endswith("/static/style.css") for url in asked)
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}


def test_a_pet_that_is_filled_in_appears_on_top_and_is_counted(dashboard: Page) -> None:
    expect(dashboard.get_by_role("heading", name="Pet shop")).to_be_visible()
    expect(dashboard.locator("#total")).to_have_text(AT_FIRST)
    dashboard.get_by_label("Name").fill('Bolt <the> & "fast"')
    dashboard.get_by_label("Category").select_option("horse")
    dashboard.get_by_role("button", name="Add pet").click()
    expect(dashboard.locator("#total")).to_have_text(THEN)
    expect(dashboard.locator("tbody tr").first.locator("td")).to_have_text([THEN, 'Bolt <the> & "fast"', "horse"])
    expect(dashboard.locator(".counts li", has_text="horse").locator("strong")).to_have_text("1")
    expect(dashboard.get_by_label("Name")).to_have_value("")


def test_reloading_after_adding_adds_nothing(dashboard: Page) -> None:
    dashboard.get_by_label("Name").fill("Bolt")
    dashboard.get_by_role("button", name="Add pet").click()
    expect(dashboard.locator("#total")).to_have_text(THEN)
    dashboard.reload()
    expect(dashboard.locator("#total")).to_have_text(THEN)


@pytest.mark.parametrize(("name", "message"), [("", "this one is empty"), ("x" * 101, "this one has 101")])
def test_a_bad_name_is_explained_beside_the_field(dashboard: Page, name: str, message: str) -> None:
    dashboard.get_by_label("Name").fill(name)
    dashboard.get_by_label("Category").select_option("ferret")
    dashboard.get_by_role("button", name="Add pet").click()
    field = dashboard.get_by_label("Name")
    expect(field).to_have_accessible_description(re.compile(message))
    expect(field).to_have_value(name)
    expect(field).to_be_focused()
    expect(dashboard.get_by_label("Category")).to_have_value("ferret")
    expect(dashboard.locator("#total")).to_have_text(AT_FIRST)


def test_the_keyboard_alone_adds_a_pet(dashboard: Page) -> None:
    dashboard.keyboard.press("Tab")
    dashboard.keyboard.type("Bolt")
    dashboard.keyboard.press("Tab")
    dashboard.keyboard.type("tur")
    dashboard.keyboard.press("Tab")
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator("tbody tr").first.locator("td")).to_have_text([THEN, "Bolt", "turtle"])


def test_a_phone_of_360_pixels_shows_the_page_without_scrolling_sideways(dashboard: Page) -> None:
    dashboard.get_by_label("Name").fill("x" * 100)
    dashboard.get_by_role("button", name="Add pet").click()
    expect(dashboard.locator("#total")).to_have_text(THEN)
    dashboard.wait_for_load_state("load")  # before the style sheet is there, the name is one long line
    dashboard.set_viewport_size({"width": 360, "height": 640})
    assert dashboard.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nobody_is_shut_out(browser: Browser, shop: Shop, width: int, scheme: Literal["light", "dark"]) -> None:
    """axe-core finds nothing, also beside an error message."""
    page = browser.new_page(viewport={"width": width, "height": 640}, color_scheme=scheme)
    page.goto(shop.url)
    assert violations(page) == []
    page.get_by_role("button", name="Add pet").click()
    expect(page.get_by_label("Name")).to_have_accessible_description(re.compile("this one is empty"))
    assert violations(page) == []
    page.close()
