"""summary.csv and summary.html: a whole round at a glance."""

import csv
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from checks.lab.summary import Line, text, write_summary
from tests.browser import violations
from tests.grading.conftest import Show, without_sideways_scrolling

STAGE = "01_sequential_flows"
FORMULA_SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def line(name: str, points: int = 3, outcome: str = "failed", seconds: float = 9.5, **more: Any) -> Line:
    stages: dict[str, Any] = {
        STAGE: {"outcome": outcome, "points": points, "max_points": 10},
        "02_other": {"outcome": "not_started", "points": 0, "max_points": 10},
    }
    facts = {"report": {"seed": 7, "stages": stages}, "reason": "", "mode": "practice", **more}
    return Line(f"round/{name}", name, seconds=seconds, **facts)


def take_home(name: str, *outcomes: str, bonus: int = 0) -> Line:
    """Return the line of a take-home: the outcomes of part 1, worth 2 points, of part 2, worth 3, and of the bonus."""
    criteria = [
        {"title": f"Part {n} works.", "part": n, "outcome": outcome, "points": (outcome == "passed") * (n + 1)}
        for n, outcome in enumerate(outcomes, start=1)
    ]
    extra = {"title": "It scales.", "part": 3, "bonus": True, "outcome": "passed" if bonus else "failed"}
    criteria.append({**extra, "points": bonus})
    required = [outcome for outcome in ("failed", "inconclusive", "not_started", "passed") if outcome in outcomes]
    earned = sum(each["points"] for each in criteria)
    stage = {"outcome": required[0], "points": earned, "max_points": 5, "criteria": criteria}
    return line(name, report={"seed": 7, "stages": {"jsonplaceholder_task": stage}})


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
        "bonus": "0",
        "parts": "01 passed",
        "first_failed": "",
        "note": "",
    }
    assert (rows[3]["reason"], rows[3]["report"]) == ("it did not end within 600 s", "eve/grading.log")


def test_points_of_a_bonus_stand_for_themselves(tmp_path: Path) -> None:
    write_summary(tmp_path, [take_home("ann", "passed", "failed", bonus=9)])
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["points"], row["max_points"], row["bonus"]) == ("2", "5", "9")
    assert row["parts"] == "P1 passed, P2 failed, P3 passed"
    assert row["first_failed"] == "Part 2 works."
    assert take_home("ann", "passed", "passed").first_failed == "bonus: It scales."
    assert take_home("ann", "passed", "passed", bonus=9).score == "5/5 + 9 points (jsonplaceholder_task passed)"


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@a",
    "\t=1",
    "\r=1",
    "\n=1",
    "a\r=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    " =1",
    "'=1",
]


@pytest.mark.parametrize("name", FORMULAS)
def test_no_name_is_a_formula(tmp_path: Path, name: str) -> None:
    failed = {"outcome": "failed", "title": name, "part": 1, "points": 0}
    stage = {"outcome": "failed", "points": 0, "max_points": 1, "criteria": [failed]}
    report = {"seed": 1, "stages": {name: stage}}
    write_summary(tmp_path, [line("ann", report=report, reason=name), Line(name, name, {}, "", 1, "exam")])
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    cells = [str(cell) for row in rows for column, cell in row.items() if column not in ("seconds", "seed")]
    assert [cell for cell in cells if cell.strip("\"' \t\r\n")[:1] in FORMULA_SIGNS and not cell.startswith("'")] == []
    assert [cell for cell in cells if {*"\t\r\n"} & {*cell}] == []


def test_a_semicolon_begins_no_formula_either() -> None:
    assert text("a;=1; -2;b-c") == "a;'=1;' -2;b-c"
    assert text("none of no others; without posts none") == "none of no others; without posts none"


def test_a_path_in_the_table_stays_a_path(tmp_path: Path) -> None:
    write_summary(tmp_path, [line("-1+1")])
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert Path(unquote(row["report"])) == Path("-1+1/report.html")
    assert row["report"].startswith("./-")


def test_the_order_is_outcome_then_points_then_bonus(tmp_path: Path) -> None:
    ranked = [
        take_home("passed with a bonus", "passed", "passed", bonus=4),
        take_home("passed", "passed", "passed"),
        take_home("to be judged again", "passed", "inconclusive", bonus=9),
        take_home("failed with a bonus", "passed", "failed", bonus=9),
        take_home("failed", "passed", "failed"),
        take_home("failed at once", "failed", "not_started", bonus=9),
        line("hangs", report={}, reason="it did not end within 600 s"),
        line("starter", report={"stages": {STAGE: {"outcome": "not_started", "points": 0, "max_points": 10}}}),
    ]
    write_summary(tmp_path, sorted(ranked, key=lambda each: each.name))
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as file:
        assert [row["submission"] for row in csv.DictReader(file)] == [each.path for each in ranked]


def test_each_line_shows_the_parts_and_the_first_failure(show: Show, tmp_path: Path) -> None:
    write_summary(tmp_path, [take_home("ann", "passed", "failed", bonus=9), take_home("bob", "passed", "not_started")])
    rows = show(tmp_path / "summary.html").locator("tbody tr")
    assert rows.nth(0).locator(".parts > span > [aria-hidden]").all_text_contents() == [
        *("P1\u00a0\u2713", "P2\u00a0\u2717", "P3\u00a0\u2713")
    ]
    assert rows.nth(0).locator(".parts .unseen").all_text_contents() == ["P1 passed", "P2 failed", "P3 passed"]
    expect(rows.nth(0).locator("small")).to_have_text("Part 2 works.")
    expect(rows.nth(0).locator(".number").first).to_have_text("2/5 + 9")


def test_the_best_stand_first_without_a_script_too(show: Show, folder: Path) -> None:
    page = show(folder / "summary.html", java_script_enabled=False)
    assert [name[:3] for name in names(page)] == ["ann", "=cm", "bob", "eve"]
    assert page.locator("tbody button, thead button").count() == 0
    assert page.get_by_role("link", name="ann").get_attribute("href") == "ann/report.html"
    expect(page.get_by_text("4 submissions, 1 passed. The order: outcome, points")).to_be_visible()
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
