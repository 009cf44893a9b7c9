"""Five take-homes, graded as an evaluator would: what each report shows on a screen, on a telephone and on paper."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import sheets, violations
from tests.grading.conftest import Show, prints_on_one_sheet, without_sideways_scrolling

ROOT = Path(__file__).resolve().parents[2]
STAGE = "jsonplaceholder_task"
CORPUS = ROOT / "tests" / "submissions" / STAGE
NAMES = ("bonus", "passed", "wrong_comments", "syntax_error", "starter")  # in the order of the summary
MOST_SHEETS = 4
WORDS = "# Notes\n\nI assume that the rows fit into memory.\nNext I would look at part 3."
FILE = "demo_locustfile.py"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the five, and their summary."""
    folder = tmp_path_factory.mktemp("take_homes")
    sources = {
        "bonus": ROOT / "solutions" / STAGE,
        "passed": CORPUS / "right" / "deque_in_a_module_of_its_own",
        "wrong_comments": CORPUS / "wrong" / "posts_in_the_class",
        "syntax_error": CORPUS / "right" / "comments_of_all_posts_at_once",
        "starter": ROOT / "checks" / "starters" / STAGE,
    }
    for name, source in sources.items():
        shutil.copytree(source, folder / name)
    (folder / "passed" / "simulations" / "NOTES.md").write_text(WORDS, encoding="utf-8")
    broken = folder / "syntax_error" / "simulations" / FILE
    broken.write_text(broken.read_text(encoding="utf-8").replace("get_posts(self):", "get_posts(self)"))
    words = [sys.executable, "-m", "checks.lab.batch", "--mode", "practice", "--stage", STAGE]
    words += ["--out", folder / "out", "--jobs", "2"]
    finished = subprocess.run(
        [*map(str, words), *(str(folder / name) for name in sorted(sources))],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert finished.returncode == 1, finished.stdout + finished.stderr
    return folder / "out"


def report(out: Path, name: str) -> Path:
    return out / name / "report.html"


def said(sheet: Locator, heading: str) -> str:
    """Return the text of the sheet below a heading."""
    return sheet.locator("section").filter(has=sheet.page.get_by_role("heading", name=heading)).inner_text()


def test_the_summary_ranks_them(show: Show, out: Path) -> None:
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["submission"]).name for row in rows] == list(NAMES)
    assert [(row["outcome"], row["points"], row["bonus"]) for row in rows] == [
        ("passed", "20", "10"),
        ("passed", "20", "0"),
        ("failed", "15", "0"),
        ("failed", "0", "0"),
        ("not_started", "0", "0"),
    ]
    assert [(row["lost"], row["not_examined"]) for row in rows[2:]] == [("3", "2"), ("1", "19"), ("0", "0")]
    assert (rows[4]["max_points"], rows[4]["reason"]) == ("20", f"{FILE} is the starter, unchanged")
    lines = show(out / "summary.html").locator("tbody tr")
    expect(lines.nth(0).locator(".number").first).to_have_text("20/20 + 10")
    expect(lines.nth(1).locator(".number").first).to_have_text("20/20")
    assert lines.nth(2).locator(".parts [aria-hidden]").all_text_contents() == [
        *("P1\u00a0\u2713", "P2\u00a0\u2717", "P3\u00a0\u2013")
    ]
    expect(lines.nth(2).locator("small").first).to_contain_text(re.compile(r"User \d+ sent GET /comments"))


def scores(sheet: Locator) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in sheet.locator(".scores tbody tr").all()]


def questions(sheet: Locator) -> list[str]:
    return sheet.locator("ol > li").all_inner_texts()


def test_one_that_failed_shows_the_request_at_fault_beside_the_line_that_sent_it(show: Show, out: Path) -> None:
    shown = show(report(out, "wrong_comments"))
    sheet = shown.locator(".sheet")
    assert sheet.locator("header .big").inner_text() == "\u2717 failed 15/20"
    for pattern in (
        r"User \d+ sent GET /comments\?postId=\d+: its user id is \d+, but post \d+ belongs to user id \d+\.",
        r"Request\s+GET /comments\?postId=\d+, answered 200: user id \d+ \(user \d+\), \d+\.\d\d s into run 1",
        rf"Probably sent by\s+{FILE}:29 self\.client\.get\(f\"/comments\?postId=\{{choice\(self\.post_ids\)\}}\"",
        r"Expected\s+comments of the posts of user id \d+",
        r"Asked\s+The comments are of the user id's own posts.*\(part 2, 3 points\)",
    ):
        assert re.search(pattern, said(sheet, "Why")), (pattern, said(sheet, "Why"))
    assert scores(sheet) == [
        ["Part 1", "\u2713 passed", "10/10"],
        ["Part 2", "\u2717 failed", "5/10, 2 not examined"],
        ["Part 3 (bonus)", "\u2013 not started", "0/10"],
    ]
    assert "None was handed in." in said(sheet, "The candidate's NOTES.md")
    first, second, third = questions(sheet)
    assert f"probably from {FILE}:29" in first
    assert "An error answer leaves a user with its id" in second
    assert "Part 3 is not done. It begins with: \u201cThe master alone reads the data file" in third
    assert f'What would become of {FILE}:7 with open("users.csv"' in third
    run = shown.locator(".run").first
    assert run.locator("tbody .ring").count() == 1
    names = run.locator("tbody th").all_text_contents()
    assert all(re.match(r"user id \d+ user \d+$", name) for name in names), names


def test_one_that_passed_shows_its_notes_and_how_far_it_came(show: Show, out: Path) -> None:
    sheet = show(report(out, "passed")).locator(".sheet")
    assert sheet.locator("header .big").inner_text() == "\u2713 passed 20/20"
    assert re.search(
        r"All 10 required criteria hold, seen in 4 runs with \d+ requests; the bonus is not begun\.", said(sheet, "Why")
    )
    assert sheet.locator("blockquote").inner_text() == WORDS.replace("\n\n", "\n").replace("memory.\n", "memory. ")
    first, second, third = questions(sheet)
    assert "What would become of rows.py:5 with (Path(__file__)" in first
    assert re.search(rf"In run 4 the API answered \d+ of \d+ requests with an error.* {FILE}:\d+ if response", second)
    assert third.startswith("NOTES.md says: \u201cI assume that the rows fit into memory.\u201d")


def test_a_bonus_is_asked_about_by_what_befell_its_workers(show: Show, out: Path) -> None:
    shown = show(report(out, "bonus"))
    sheet = shown.locator(".sheet")
    assert sheet.locator("header .big").inner_text() == "\u2713 passed 20/20 + 10"
    assert "of the bonus 6 of 6." in said(sheet, "Why")
    assert "the rows are read when Locust starts" in said(sheet, "The candidate's NOTES.md")
    asked = r"Worker \d is killed after \d+ s, and after \d+ s user id \d+, which was worker"
    moments = shown.locator(".moments").first.locator("li").all_text_contents()
    for words in ("is killed", "master misses worker", "worker 3 starts", "has a user again, on worker 3"):
        assert sum(words in moment for moment in moments) == 1, moments
    assert re.match(asked, questions(sheet)[0])
    assert "by 20" in shown.locator(".stage").text_content()  # type: ignore[operator]


def test_a_syntax_error_is_one_failure_with_its_line(show: Show, out: Path) -> None:
    shown = show(report(out, "syntax_error"))
    sheet = shown.locator(".sheet")
    assert re.search(rf"Line\s+{FILE}:21 def get_posts\(self\)", said(sheet, "Why"))
    assert scores(sheet)[1:] == [
        ["Part 2", "\u2026 not examined", "0/10"],
        ["Part 3 (bonus)", "\u2026 not examined", "0/10"],
    ]
    assert len(questions(sheet)) == 3
    assert shown.locator(".criteria > li").count() == 2
    expect(shown.locator(".criteria > li").nth(1)).to_contain_text("15 criteria")


def test_a_starter_says_that_there_is_nothing_to_judge(show: Show, out: Path) -> None:
    shown = show(report(out, "starter"))
    assert shown.locator("header .big").inner_text() == "\u2013 not started 0/20"
    assert f"Nothing was graded: {FILE} is the starter, unchanged." in said(shown.locator(".sheet"), "Why")
    assert shown.locator(".stage, ol > li").count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_prints_on_few_sheets_the_first_of_which_is_for_the_decision(show: Show, out: Path, name: str) -> None:
    shown = show(report(out, name))
    assert sheets(shown.pdf(prefer_css_page_size=True)) <= (1 if name == "starter" else MOST_SHEETS)
    for heading in ("Why", "To ask in the interview", "Your own judgement"):
        expect(shown.locator(".sheet").get_by_role("heading", name=heading)).to_be_visible()
    assert prints_on_one_sheet(shown, ".sheet")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_everybody_can_read_it(show: Show, out: Path, name: str, width: int) -> None:
    shown = show(report(out, name), width)
    assert without_sideways_scrolling(shown)
    shown.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert without_sideways_scrolling(shown)
    assert violations(shown) == []
