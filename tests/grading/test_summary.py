"""summary.csv and summary.html: a whole round at a glance."""

import csv
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from checks.lab.summary import Line, write_summary
from tests.browser import violations
from tests.grading.conftest import Show, without_sideways_scrolling

STAGE = "01_sequential_flows"


def line(name: str, points: int = 3, outcome: str = "failed", seconds: float = 9.5, **more: Any) -> Line:
    stages = {
        STAGE: {"outcome": outcome, "points": points, "max_points": 10},
        "02_other": {"outcome": "not_started", "points": 0, "max_points": 10},
    }
    facts = {"report": {"seed": 7, "stages": stages}, "reason": "", "mode": "practice", **more}
    return Line(f"round/{name}", name, seconds=seconds, **facts)


LINES = [
    line("bob"),
    line("ann", 10, "passed", 12.25),
    line("eve", report={}, reason="it did not end within 600 s"),
    line("=cmd|' /C calc'!A0 <b>\u00e4 %41", 9),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_summary(tmp_path, LINES)
    return tmp_path


def names(page: Page) -> list[str]:
    return [text.split("\n")[0] for text in page.locator("tbody th").all_inner_texts()]


def test_the_table_for_a_spreadsheet(folder: Path) -> None:
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["outcome"], row["points"], row["max_points"]) for row in rows] == [
        ("passed", "10", "10"),
        ("failed", "9", "10"),
        ("failed", "3", "10"),
        ("no_verdict", "0", "0"),
    ]
    assert rows[0] == {
        "submission": "round/ann",
        "outcome": "passed",
        "points": "10",
        "max_points": "10",
        "stages": f"{STAGE} passed",
        "seconds": "12.25",
        "mode": "practice",
        "seed": "7",
        "reason": "",
        "report": "ann/report.html",
        "note": "",
    }
    assert (rows[3]["reason"], rows[3]["report"]) == ("it did not end within 600 s", "eve/grading.log")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@a", "\t=1"])
def test_no_name_is_a_formula(tmp_path: Path, name: str) -> None:
    write_summary(tmp_path, [line("ann", reason=name), Line(name, name, {}, "", 1, "exam")])
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert f"'{name}" in cells
    assert name not in cells


def test_the_best_stand_first_without_a_script_too(show: Show, folder: Path) -> None:
    page = show(folder / "summary.html", java_script_enabled=False)
    assert [name[:3] for name in names(page)] == ["ann", "=cm", "bob", "eve"]
    assert page.locator("tbody button, thead button").count() == 0
    assert page.get_by_role("link", name="ann").get_attribute("href") == "ann/report.html"
    expect(page.get_by_text("4 submissions, 1 passed.")).to_be_visible()
    expect(page.get_by_text("practice: not isolated.", exact=True)).to_be_visible()


def test_it_can_be_sorted_with_the_keyboard(show: Show, folder: Path) -> None:
    page = show(folder / "summary.html")
    page.get_by_role("button", name="Submission").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert [name[:3] for name in names(page)] == ["=cm", "ann", "bob", "eve"]
    assert page.get_by_role("columnheader", name="Submission").get_attribute("aria-sort") == "ascending"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert [name[:3] for name in names(page)] == ["ann", "=cm", "bob", "eve"]
    assert page.locator("[aria-sort]").count() == 1
    page.keyboard.press("Enter")
    assert [name[:3] for name in names(page)] == ["eve", "bob", "=cm", "ann"]


def test_a_name_leads_to_its_report_whatever_it_is(show: Show, folder: Path) -> None:
    page = show(folder / "summary.html")
    assert page.locator("b").count() == 0
    link = page.get_by_role("link", name="=cmd")
    assert link.inner_text() == LINES[3].folder
    assert unquote(str(link.get_attribute("href"))) == f"{LINES[3].folder}/report.html"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(show: Show, folder: Path, scheme: str, width: int) -> None:
    page = show(folder / "summary.html", width, color_scheme=scheme)
    assert without_sideways_scrolling(page)
    assert violations(page) == []


def test_a_mystery_shop_that_comes_twice_is_named_on_both_lines(show: Show, tmp_path: Path) -> None:
    def measured(name: str, shop: str) -> Line:
        found = {"name": shop, "max_throughput_rps": 50.0 + len(name), "users_at_saturation": 12.0}
        stage = {"outcome": "passed", "points": 10, "max_points": 10, "findings": found}
        return line(name, report={"seed": 7, "stages": {"02_stress_test": stage}})

    write_summary(tmp_path, [measured("ann", "Ann"), measured("robert", "ann"), measured("zo", "Zo")])
    shown = show(tmp_path / "summary.html")
    said = [shown.locator("tbody th").nth(row).inner_text() for row in range(3)]
    assert ["the same mystery shop as" in text for text in said] == [True, True, False]
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        notes = [row["note"] for row in csv.DictReader(file)]
    assert notes == ["the same mystery shop as robert", "the same mystery shop as ann", ""]
