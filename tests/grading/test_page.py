"""report.html in a real browser: what an evaluator sees, with whatever input device, whatever a submission contains."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from checks.lab.evidence import Evidence, Source
from checks.lab.page import page
from checks.lab.report import Report
from checks.lab.timeline import Mark, Row, Timeline
from checks.lab.verdict import Outcome
from tests.browser import violations
from tests.grading.conftest import Show, without_sideways_scrolling
from tests.lab.witness import result

NASTY = "</li></title><script>owned = 1</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\"'&amp;--><!--" + "x" * 200
TASK = "jsonplaceholder_task"
SAID: dict[str, Any] = {"seen": "two", "expected": "one", "advice": "remove one"}


def run(text: str = "GET /pets", users: int = 3, status: int = 200) -> Timeline:
    def marks(user: int) -> tuple[Mark, ...]:
        return tuple(Mark(text, text, status, user + n / 5, user + n / 5 + 0.1) for n in range(10))

    rows = tuple(Row(f"user {n + 1}", marks(n), 12) for n in range(users))
    return Timeline(users * 12, users, (text,), rows, reason="It works.")


def written(folder: Path, report: Report) -> Path:
    file = folder / "report.html"
    file.write_text(page(report), encoding="utf-8")
    return file


@pytest.fixture
def report() -> Report:
    """A report with a bit of everything."""
    evidence = Evidence(
        sources=[Source("locustfile.py", "import time\n\n\tpass"), Source("users.csv", "a,b", 2)],
        notes=["locustfile.py:1: starts processes (imports subprocess)"],
        runs=[run(), run("POST /pets", users=1, status=500), Timeline(0, 0, (), (), "It loads.")],
    )
    results = [
        result(id="loads", stage=TASK, points=2, part=1),
        result(Outcome.FAILED, id="works", stage=TASK, points=3, part=1, **SAID),
        result(Outcome.NOT_STARTED, id="goes_on", stage=TASK, points=3, part=2, waiting_for="works"),
        result(Outcome.INCONCLUSIVE, id="rests", stage=TASK, points=3, part=2, message="busy"),
        result(id="scales", stage=TASK, points=5, part=3, bonus=True),
        result(Outcome.NOT_STARTED, stage="04_other", message="04_other/ is not there"),
        result(stage="01_first"),
    ]
    return Report(results, 4711, "practice", "ann", "2026-01-02 03:04 UTC", {TASK: evidence})


def test_the_first_screen_says_outcome_score_seed_and_date(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    assert shown.title() == "ann: failed"
    expect(shown.get_by_role("heading", level=1)).to_have_text("ann")
    header = shown.locator("header").inner_text()
    for words in ("failed", "3 of 12 points, 5 of 5 bonus points", "4711", "2026-01-02 03:04 UTC", "Locust", "Python"):
        assert words in header
    cells = [row.locator("th, td").all_inner_texts() for row in shown.locator("#score ~ table tbody tr").all()]
    assert [[cell.lstrip("\u2713\u2717\u2013? ") for cell in row] for row in cells] == [
        ["01_first", "passed", "1 of 1 points"],
        [f"{TASK}, part 1", "failed", "2 of 5 points"],
        [f"{TASK}, part 2", "inconclusive", "0 of 6 points"],
        [f"{TASK}, part 3 (bonus)", "passed", "5 of 5 bonus points"],
    ]
    expect(shown.get_by_text("04_other is not started: 04_other/ is not there")).to_be_visible()


def test_each_criterion_says_what_was_seen_expected_and_next(show: Show, tmp_path: Path, report: Report) -> None:
    criteria = show(written(tmp_path, report)).locator(".criteria > li")
    assert criteria.filter(has_text="It works. 0 of 3").locator("dt, dd").all_inner_texts() == [
        *("seen", "two", "expected", "one", "next", "remove one")
    ]
    waiting = criteria.filter(has_text="It goes_on.")
    assert waiting.locator("dt, dd").all_inner_texts() == ["waits for", "It works."]
    assert criteria.filter(has_text="It loads.").locator("dl").count() == 0


@pytest.mark.parametrize(("mode", "marked"), [("practice", True), ("exam", False)])
def test_a_practice_report_says_so(show: Show, tmp_path: Path, report: Report, mode: str, marked: bool) -> None:
    shown = show(written(tmp_path, Report(report.results, 1, mode)))
    assert shown.get_by_text("practice: not isolated.", exact=True).count() == marked
    assert ("@page" in shown.content()) == marked  # and on each sheet of paper


def test_the_timeline_shows_each_request_with_its_shape_its_place_and_in_words(
    show: Show, tmp_path: Path, report: Report
) -> None:
    shown = show(written(tmp_path, report))
    rows = shown.locator(".timeline tbody tr")
    assert rows.count() == 4
    assert rows.first.locator("use").count() == 10
    assert rows.last.locator("use").count() == 20  # an error has a cross besides
    assert rows.first.get_by_role("img").get_attribute("aria-label") == "12 requests; listed below as text"
    places = [float(str(use.get_attribute("x")).rstrip("%")) for use in rows.first.locator("use").all()]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] < 100
    expect(shown.get_by_text("the first 3 of 3 users, and up to 10 requests of each")).to_be_visible()
    expect(shown.get_by_text("user 1, 12 in all: 0.00 s GET /pets 200; 0.20 s GET /pets 200")).to_be_hidden()
    shown.get_by_text("The same as text").first.click()
    expect(shown.get_by_text("user 1, 12 in all: 0.00 s GET /pets 200; 0.20 s GET /pets 200")).to_be_visible()
    expect(shown.get_by_role("heading", name="Run 3: 0 users, 0 requests")).to_be_visible()


def test_the_code_has_its_lines_and_says_where_it_is_cut(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    assert shown.locator(".code").first.locator("li").all_text_contents() == ["import time", "", "\tpass"]
    assert shown.get_by_text("Not shown of this file: 2 more lines.").count() == 1
    expect(shown.get_by_text("starts processes (imports subprocess)")).to_be_visible()


@pytest.fixture
def nasty() -> Report:
    """A report on somebody who tries to write it himself."""
    evidence = Evidence([Source(NASTY, NASTY * 3, 2, True)], [NASTY], [run(NASTY)])
    results = [
        result(Outcome.FAILED, seen=NASTY, expected=NASTY, advice=NASTY),
        result(Outcome.INCONCLUSIVE, id="other", message=NASTY),
        result(Outcome.NOT_STARTED, stage="02_second", message=NASTY),
    ]
    return Report(results, 1, "exam", NASTY, "today", {"01_first": evidence})


def test_hostile_text_stays_text(show: Show, tmp_path: Path, nasty: Report) -> None:
    shown = show(written(tmp_path, nasty))
    assert shown.evaluate("typeof owned") == "undefined"
    assert shown.locator("script, img, iframe, object, form, base, [onerror]").count() == 0
    assert shown.locator("h1").inner_text() == NASTY
    assert shown.locator(".code li").all_inner_texts() == [NASTY * 3]
    assert shown.locator("dd").filter(has_text="owned = 1").all_inner_texts() == [NASTY] * 4


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "nasty"])
def test_everybody_can_read_it(
    show: Show, tmp_path: Path, request: pytest.FixtureRequest, name: str, scheme: str, width: int
) -> None:
    shown = show(written(tmp_path, request.getfixturevalue(name)), width, color_scheme=scheme)
    for summary in shown.locator("summary").all():
        summary.click()
    assert without_sideways_scrolling(shown)
    assert violations(shown) == []


def test_the_keyboard_alone_reads_it(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    focused = []
    for _ in range(10):
        shown.keyboard.press("Tab")
        focused.append(shown.evaluate("document.activeElement.textContent"))
    links = ["its notes", "its timeline", "its code"]
    assert focused == ["01_first", *links, TASK, *links, "The same as text", "The same as text"]
    shown.keyboard.press("Enter")
    expect(shown.get_by_text("user 1, 12 in all: 0.00 s POST /pets 500")).to_be_visible()
    shown.get_by_role("link", name=TASK).focus()
    shown.keyboard.press("Enter")
    expect(shown.get_by_role("heading", name=TASK, exact=True)).to_be_in_viewport()


def test_it_prints(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    shown.emulate_media(media="print")
    expect(shown.get_by_role("navigation")).to_be_hidden()
    for words in ("It works.", "import time", "practice: not isolated."):
        expect(shown.get_by_text(words, exact=True).first).to_be_visible()
    assert shown.pdf().startswith(b"%PDF")
