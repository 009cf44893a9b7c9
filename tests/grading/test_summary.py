"""summary.csv and summary.html: a whole round at a glance."""

import csv
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from checks.lab.batch.summary import Candidate, text, write_summary
from tests.browser import violations
from tests.grading.conftest import Show, without_sideways_scrolling

STAGE = "01_sequential_flows"
FORMULA_SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def line(name: str, points: int = 3, outcome: str = "failed", seconds: float = 9.5, **more: Any) -> Candidate:
    stages: dict[str, Any] = {
        STAGE: {"outcome": outcome, "points": points, "max_points": 10},
        "02_other": {"outcome": "not_started", "points": 0, "max_points": 10},
    }
    facts = {"report": {"seed": 7, "stages": stages}, "reason": "", "mode": "practice", **more}
    return Candidate(f"round/{name}", name, seconds=seconds, **facts)


def criterion(part: int, outcome: str, **more: Any) -> dict[str, Any]:
    """Return a criterion as report.json holds it."""
    message = "seen: user 2 sent\nGET /posts\nexpected: a user id\nnext: add it" if outcome == "failed" else ""
    facts = {"title": f"It {part}.", "points": 0, "max_points": 1, "message": message, **more}
    return {"id": f"c{part}", "part": part, "outcome": outcome, **facts}


def graded(name: str, *criteria: dict[str, Any]) -> Candidate:
    """Return the line of a take-home with these criteria."""
    outcomes = [each["outcome"] for each in criteria]
    worst = next(each for each in ("failed", "inconclusive", "not_started", "passed") if each in outcomes)
    earned, most = (sum(each[what] for each in criteria) for what in ("points", "max_points"))
    stage = {"outcome": worst, "points": earned, "max_points": most, "criteria": list(criteria)}
    return line(name, report={"seed": 7, "stages": {"jsonplaceholder_task": stage}})


def cells(folder: Path, *lines: Candidate) -> list[dict[str, str]]:
    """Return the rows of summary.csv."""
    write_summary(folder, lines)
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def take_home(name: str, *outcomes: str, bonus: int = 0) -> Candidate:
    """Return the line of a take-home with the outcomes of part 1 (2 points), of part 2 (3 points) and of the bonus."""
    criteria = [
        criterion(n, outcome, title=f"Part {n} works.", max_points=n + 1, points=(outcome == "passed") * (n + 1))
        for n, outcome in enumerate(outcomes, start=1)
    ]
    extra = criterion(3, "passed" if bonus else "failed", title="It scales.", bonus=True)
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
        "seen": "",
        "lost": "0",
        "not_examined": "0",
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
    failed = criterion(1, "failed", title=name, message=f"seen: {name}")
    stage = {"outcome": "failed", "points": 0, "max_points": 1, "criteria": [failed]}
    report = {"seed": 1, "stages": {name: stage}}
    write_summary(tmp_path, [line("ann", report=report, reason=name), Candidate(name, name, {}, "", 1, "exam")])
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
    expect(rows.nth(0).locator("small")).to_have_text("User 2 sent GET /posts.")
    legend = show(tmp_path / "summary.html").locator("header .quiet")
    expect(legend).to_have_text(re.compile(r"P1, P2, P3: parts of the task\. \u2713 passed, \u2717 failed, \u2013 not"))
    expect(rows.nth(0).locator(".number").first).to_have_text("2/5 + 9")


FLAW = (
    criterion(1, "failed", max_points=2),
    criterion(2, "passed", max_points=5, points=5),
    criterion(2, "not_started", max_points=13, waiting_for="c1"),
    criterion(3, "not_started", max_points=10, bonus=True, message="part 3 is a bonus"),
)


def test_one_flaw_is_told_from_all_that_waits_for_it(show: Show, tmp_path: Path) -> None:
    (row,) = cells(tmp_path, graded("ann", *FLAW))
    assert row["parts"] == "P1 failed, P2 not_examined, P3 not_started"
    assert (row["lost"], row["not_examined"], row["seen"]) == ("2", "13", "user 2 sent GET /posts")
    (said,) = show(tmp_path / "summary.html").locator("tbody th").all_inner_texts()
    assert "2 points lost, 13 not examined because they wait for the criterion that failed" in said
    assert "Part 2 works" not in said


def test_a_criterion_without_a_word_of_what_was_seen_is_no_praise(show: Show, tmp_path: Path) -> None:
    cells(tmp_path, graded("ann", criterion(1, "failed", message="", title="Users keep their id.")))
    expect(show(tmp_path / "summary.html").locator("tbody small")).to_have_text("Failed at: Users keep their id.")


def test_a_starter_has_points_to_earn_and_a_reason(show: Show, tmp_path: Path) -> None:
    starter = graded("ann", *(criterion(1, "not_started", max_points=10, message="a.py is the starter") for _ in "ab"))
    assert starter.score == "0/20 points (not started: a.py is the starter)"
    (row,) = cells(tmp_path, starter)
    assert (row["points"], row["max_points"], row["reason"]) == ("0", "20", "a.py is the starter")
    assert row["outcome"] == "not_started"
    shown = show(tmp_path / "summary.html").locator("tbody tr")
    expect(shown.locator(".number").first).to_have_text("0/20")
    expect(shown.locator("small")).to_have_text("a.py is the starter.")


def test_a_stage_that_is_half_done_is_not_finished(tmp_path: Path) -> None:
    begun = graded("ann", criterion(1, "passed", points=1), criterion(2, "not_started", message="measure the shop"))
    assert begun.score == "1/2 points (jsonplaceholder_task not_finished)"
    assert begun.why == "Measure the shop."
    (row,) = cells(tmp_path, begun)
    assert (row["outcome"], row["parts"], row["reason"]) == ("not_finished", "P1 passed, P2 not_started", "")


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
    def measured(name: str, shop: str) -> Candidate:
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
