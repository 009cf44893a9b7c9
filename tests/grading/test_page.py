"""report.html in a real browser: what an evaluator sees, with any input device, whatever a submission contains."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from checks.lab.outcome import Outcome
from checks.lab.report.evidence import Evidence, Source
from checks.lab.report.page import page
from checks.lab.report.report import Report
from checks.lab.report.timeline import IncidentMark, Mark, Timeline, UserRow
from tests.browser import sheets, violations
from tests.grading.conftest import Show, prints_on_one_sheet, without_sideways_scrolling
from tests.lab.witness import result

NASTY = "</li></title><script>owned = 1</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\"'&amp;--><!--" + "x" * 200
TASK = "jsonplaceholder_task"
SAID: dict[str, Any] = {"seen": "user 2 sent GET /pets/7", "expected": "no such request", "advice": "remove it"}
CODE = "import time\n\nif ids:\n\tself.client.get(f'/pets/{choice(ids)}')"


def run(text: str = "GET /pets", users: int = 3, status: int = 200, **more: Any) -> Timeline:
    def marks(user: int) -> tuple[Mark, ...]:
        return tuple(Mark(text, text, status, user + n / 5, user + n / 5 + 0.1) for n in range(10))

    rows = tuple(UserRow(f"user {n + 1}", marks(n), 12, f"user id {n + 41}", n, n + 2) for n in range(users))
    facts: dict[str, Any] = {"reason": "It works.", "end": users + 1.0, "length": 9.0, "compression": 40.0, **more}
    return Timeline(users * 12, users, (text,), rows, **facts)


def blamed() -> Timeline:
    """Return a run in which user 2 sent the request at fault."""
    whole = run("GET /pets/N")
    marks = list(whole.rows[1].marks)
    marks[5] = replace(marks[5], text="GET /pets/7", is_culprit=True)
    rows = (whole.rows[0], replace(whole.rows[1], marks=tuple(marks)), whole.rows[2])
    return replace(whole, rows=rows, culprit_of="It works.")


def written(folder: Path, report: Report) -> Path:
    file = folder / "report.html"
    file.write_text(page(report), encoding="utf-8")
    return file


def unfolded(shown: Page) -> Page:
    """Unfold everything."""
    shown.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    return shown


def part(shown: Page, heading: str, stage: int = 0) -> Locator:
    """Return one of the folded parts of a stage, unfolded."""
    found = (
        shown.locator(".stage").nth(stage).locator("> details").filter(has=shown.locator(f"h3:text-is('{heading}')"))
    )
    if found.get_attribute("open") is None:
        found.locator("> summary").click()
    return found


@pytest.fixture
def report() -> Report:
    """A report with a bit of everything."""
    evidence = Evidence(
        sources=[
            Source("locustfile.py", CODE),
            Source("users.csv", "a,b", 2),
            Source("NOTES.md", "I **assume** that\npets have ids.\n\n- a list"),
        ],
        notes=["locustfile.py:1: starts processes (imports subprocess)"],
        runs=[blamed(), run("POST /pets", users=1, status=500, errors=12), Timeline(0, 0, (), (), "It loads.")],
    )
    results = [
        result(id="loads", stage=TASK, points=2, part=1),
        result(Outcome.FAILED, id="works", stage=TASK, points=3, part=1, **SAID),
        result(Outcome.NOT_STARTED, id="goes_on", stage=TASK, points=3, part=2, waiting_for="works"),
        result(Outcome.INCONCLUSIVE, id="rests", stage=TASK, points=3, part=2, message="busy"),
        result(Outcome.NOT_STARTED, id="stops", stage=TASK, points=1, part=2, waiting_for="works"),
        result(id="scales", stage=TASK, points=5, part=3, bonus=True),
        result(Outcome.NOT_STARTED, stage="04_other", message="04_other/ is not there"),
        result(stage="01_first"),
    ]
    return Report(results, 4711, "practice", "ann", "2026-01-02 03:04 UTC", {TASK: evidence})


def test_the_sheet_says_what_a_decision_needs(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    assert shown.title() == "ann: failed"
    expect(shown.get_by_role("heading", level=1)).to_have_text("ann")
    sheet = shown.locator(".sheet")
    assert [" ".join(text.split()) for text in sheet.locator("header p").all_inner_texts()] == [
        "\u2717 failed 3/13 + 5",
        "3 points lost, 3 inconclusive, 4 not examined because they wait for the criterion that failed",
        "practice: not isolated seed 4711 2026-01-02 03:04 UTC",
    ]
    expect(sheet.locator(".lead")).to_have_text("User 2 sent GET /pets/7.")
    assert sheet.locator(".cause dt, .cause dd").all_inner_texts() == [
        *("Request", "GET /pets/7, answered 200: user id 42 (user 2), 2.00 s into run 1"),
        *("Just before", "GET /pets/N, GET /pets/N, GET /pets/N"),
        *("Probably sent by", "locustfile.py:4 self.client.get(f'/pets/{choice(ids)}')"),
        *("Expected", "no such request"),
        *("Asked", "It works. (part 1, 3 points)"),
    ]
    rows = [row.locator("th, td").all_inner_texts() for row in sheet.locator(".scores tbody tr").all()]
    assert rows == [
        ["01_first", "\u2713 passed", "1/1"],
        [f"{TASK}, part 1", "\u2717 failed", "2/5"],
        [f"{TASK}, part 2", "? inconclusive", "0/7, 4 not examined"],
        [f"{TASK}, part 3 (bonus)", "\u2713 passed", "5/5"],
    ]
    expect(sheet.get_by_text("Not started: 04_other")).to_be_visible()
    assert sheet.locator("blockquote").all_inner_texts() == ["I **assume** that pets have ids.\n- a list"]
    assert sheet.locator("ol li").all_inner_texts() == [
        "User 2 (user id 42) sent GET /pets/7, probably from locustfile.py:4 self.client.get(f'/pets/{choice(ids)}'). "
        "How does the code come to that, and which run of your own would have shown it?",
        "locustfile.py:1 starts processes (imports subprocess). What is that for, and what would be lost without it?",
        "Not examined, because of the failure above (one of 2 such criteria): \u201cIt goes_on.\u201d "
        "Which of your lines take care of that?",
    ]
    expect(sheet.get_by_role("textbox", name="Your own judgement")).to_be_visible()


def test_all_else_is_folded(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    assert shown.locator("details[open]").count() == 0
    assert shown.locator(".stage").nth(1).locator("> details > summary").all_inner_texts() == [
        "Criteria 2 passed, 1 failed, 2 not examined, 1 inconclusive",
        "Notes on the code 1",
        "Code beside the starter 2 changed or new",
        "Who sent what 3 runs",
    ]
    about = unfolded(shown).locator(".about")
    for words in ("--seed 4711", "Python 3", "Locust 2", "04_other is not started: 04_other/ is not there"):
        expect(about).to_contain_text(words)


def test_each_criterion_says_what_was_seen_expected_and_next(show: Show, tmp_path: Path, report: Report) -> None:
    criteria = part(show(written(tmp_path, report)), "Criteria", 1).locator(".criteria > li")
    assert criteria.filter(has_text="It works. seen").locator("dt, dd").all_inner_texts() == [
        *("seen", "user 2 sent GET /pets/7", "expected", "no such request", "next", "remove it")
    ]
    assert criteria.filter(has_text="It loads.").locator("dl").count() == 0
    edges = {round(title.bounding_box()["x"]) for title in criteria.locator(".title").all()}  # type: ignore[index]
    assert len(edges) == 1  # in one column


def test_what_waits_for_the_same_is_one_line(show: Show, tmp_path: Path, report: Report) -> None:
    criteria = part(show(written(tmp_path, report)), "Criteria", 1).locator(".criteria > li")
    waiting = criteria.filter(has_text="wait for")
    assert waiting.count() == 1
    assert waiting.locator("dl dt, dl dd").all_inner_texts() == ["wait for", "It works."]
    expect(waiting).to_contain_text("Part 2: 2 criteria")
    expect(waiting.locator(".number")).to_have_text("0/4")
    waiting.locator("summary").click()
    assert waiting.locator("details li").all_inner_texts() == ["It goes_on.", "It stops."]


def test_not_started_is_said_of_work_that_is_not_there_alone(show: Show, tmp_path: Path) -> None:
    results = [
        result(Outcome.FAILED, id="loads", stage=TASK, points=2, part=1, **SAID),
        result(id="rests", stage=TASK, points=3, part=2),
        result(Outcome.NOT_STARTED, id="goes_on", stage=TASK, points=7, part=2, waiting_for="loads"),
        result(Outcome.NOT_STARTED, id="stops", stage=TASK, points=1, part=3, waiting_for="loads"),
        result(Outcome.NOT_STARTED, id="scales", stage=TASK, points=9, part=4, bonus=True, message="no part 4"),
    ]
    shown = show(written(tmp_path, Report(results, 1)))
    assert [row.locator("th, td").all_inner_texts() for row in shown.locator(".scores tbody tr").all()] == [
        ["Part 1", "\u2717 failed", "0/2"],
        ["Part 2", "\u2026 not examined", "3/10, 7 not examined"],
        ["Part 3", "\u2026 not examined", "0/1"],
        ["Part 4 (bonus)", "\u2013 not started", "0/9"],
    ]
    badges = part(shown, "Criteria").locator(".criteria > li > .outcome").all_inner_texts()
    assert badges == ["\u2717 failed", "\u2713 passed", "\u2026 not examined", "\u2013 not started"]


def test_a_stage_that_is_half_done_is_not_finished(show: Show, tmp_path: Path) -> None:
    todo = result(Outcome.NOT_STARTED, id="knee", points=4, message="measure the shop")
    shown = show(written(tmp_path, Report([result(points=6), todo], 1)))
    assert shown.locator("header .big").inner_text() == "\u00bd not finished 6/10"
    expect(shown.locator(".lead")).to_have_text("Still to do: measure the shop.")


def test_a_starter_has_points_to_earn(show: Show, tmp_path: Path) -> None:
    results = [result(Outcome.NOT_STARTED, id=id, points=10, message="a.py is the starter") for id in ("a", "b")]
    shown = show(written(tmp_path, Report(results, 1)))
    assert shown.locator("header .big").inner_text() == "\u2013 not started 0/20"
    expect(shown.locator(".lead")).to_have_text("Nothing was graded: a.py is the starter.")


def test_honest_uses_are_those_of_lines(show: Show, tmp_path: Path) -> None:
    unread = "a.py: not looked at, as it is no Python (line 3)"
    for number, (notes, count) in enumerate([([unread], 0), ([unread, "b.py:1: starts processes"], 1)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        shown = show(written(folder, Report([result()], 1, evidence={"01_first": Evidence(notes=notes)})))
        notes_shown = part(shown, "Notes on the code")
        assert notes_shown.get_by_text("each of these has honest uses").count() == count
        assert notes_shown.locator("li").all_inner_texts() == list(reversed(notes))


@pytest.mark.parametrize(("mode", "marked"), [("practice", True), ("exam", False)])
def test_a_practice_report_says_so(show: Show, tmp_path: Path, report: Report, mode: str, marked: bool) -> None:
    shown = show(written(tmp_path, Report(report.results, 1, mode)))
    assert shown.get_by_text("practice: not isolated.", exact=True).count() == marked
    assert ('content: "practice: not isolated"' in shown.content()) == marked  # on each sheet of paper


def test_the_timeline_shows_each_request_with_its_shape_its_place_and_in_words(
    show: Show, tmp_path: Path, report: Report
) -> None:
    runs = part(show(written(tmp_path, report)), "Who sent what", 1)
    expect(runs.get_by_text("Time is divided by 40, in run 3 by 1: a user who thinks for 2 s")).to_be_visible()
    rows = runs.locator(".timeline tbody tr")
    assert rows.locator("th").all_inner_texts()[:2] == ["user id 41 user 1", "user id 42 user 2"]
    assert rows.first.locator("use").count() == 10
    assert rows.nth(1).locator("use").count() == 11  # a ring around the request at fault
    assert rows.last.locator("use").count() == 20  # an error also has a cross
    expect(runs.get_by_text("the request at fault: GET /pets/7")).to_be_visible()
    assert rows.first.get_by_role("img").get_attribute("aria-label") == "12 requests; listed below as text"
    places = [float(str(use.get_attribute("x")).rstrip("%")) for use in rows.first.locator("use").all()]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] < 100
    expect(runs.get_by_text("Shown: 0.0 to 4.0 s of 9.0 s.")).to_be_visible()
    text = runs.get_by_text("user id 41 (user 1), 12 in all: 0.00 s GET /pets/N 200; 0.20 s GET /pets/N 200")
    expect(text).to_be_hidden()
    runs.get_by_text("The same as text").first.click()
    expect(text).to_be_visible()
    expect(runs.get_by_role("heading", name="Run 3: 0 users, 0 requests")).to_be_visible()


def test_what_befell_the_processes_stands_on_the_axis(show: Show, tmp_path: Path) -> None:
    moments = (IncidentMark(1.0, "worker 2 is killed"), IncidentMark(3.5, "worker 3 starts"))
    evidence = Evidence([Source("locustfile.py", CODE)], [], [run(moments=moments, every=4)])
    shown = part(show(written(tmp_path, Report([result(stage=TASK)], 1, evidence={TASK: evidence}))), "Who sent what")
    assert shown.locator(".moments li").all_inner_texts() == ["1 1.0 s: worker 2 is killed", "2 3.5 s: worker 3 starts"]
    assert shown.locator(".numbers text").all_text_contents() == ["1", "2"]
    assert shown.locator("tbody tr").first.locator(".moment").count() == 2
    expect(shown.get_by_text("one of 4 requests of each user")).to_be_visible()


def test_a_kind_of_request_has_one_colour_in_the_whole_report(show: Show, tmp_path: Path) -> None:
    kinds = [("GET /a", "GET /b"), ("GET /b", "GET /a"), ("GET /c", "GET /b")]
    runs = [replace(run("GET /b"), kinds=own) for own in kinds]
    results = [result(stage=TASK), result(stage="01_first")]
    evidence = {TASK: Evidence(runs=runs), "01_first": Evidence(runs=[replace(run("GET /c"), kinds=("GET /c",))])}
    shown = unfolded(show(written(tmp_path, Report(results, 1, evidence=evidence))))
    colours: dict[str, set[str]] = {}
    for entry in shown.locator(".legend li").all():
        colours.setdefault(entry.inner_text().strip(), set()).add(str(entry.locator("use").get_attribute("class")))
    assert all(len(own) == 1 for own in colours.values())
    assert len(set.union(*colours.values())) == 3


def test_the_code_is_shown_as_a_difference_from_the_starter(show: Show, tmp_path: Path, report: Report) -> None:
    code = part(show(written(tmp_path, report)), "Code beside the starter", 1)
    added = code.locator(".code").first.locator(".added")
    assert added.all_text_contents() == ["import time", *CODE.split("\n")[2:]]
    assert [line.get_attribute("data-number") for line in added.all()] == ["1", "3", "4"]
    assert "class BlogUser(HttpUser):" in code.locator(".removed").all_text_contents()
    assert code.get_by_text("Not shown of this file: 2 more lines.").count() == 1
    expect(part(code.page, "Notes on the code", 1)).to_contain_text("starts processes (imports subprocess)")


def test_unchanged_files_are_named_and_nothing_odd_is_said_to_be_so(show: Show, tmp_path: Path) -> None:
    starter = Path(__file__).parents[2] / "checks" / "starters" / TASK / "simulations"
    sources = [Source(file.name, file.read_text(encoding="utf-8")) for file in sorted(starter.glob("*.[cj]s*"))]
    evidence = Evidence([Source("demo_locustfile.py", CODE), *sources])
    shown = show(written(tmp_path, Report([result(stage=TASK)], 1, evidence={TASK: evidence})))
    expect(part(shown, "Code beside the starter")).to_contain_text(
        "1 changed or new; as handed out: users.csv, users.json"
    )
    expect(part(shown, "Notes on the code")).to_contain_text("not found: a line that")
    for words in ("starts processes", "opens connections of its own", "changes sys.argv"):
        expect(part(shown, "Notes on the code")).to_contain_text(words)


@pytest.fixture
def nasty() -> Report:
    """A report on a candidate who tries to forge it, and who has much to say."""
    words = "\n".join(f"{number}. {NASTY * 3}" for number in range(40))
    sources = [Source(NASTY, NASTY * 3, 2, True), Source("NOTES.md", words, 0, True)]
    evidence = Evidence(sources, [NASTY], [replace(run(NASTY), moments=(IncidentMark(1.0, NASTY),))])
    results = [
        result(Outcome.FAILED, part=1, **dict.fromkeys(("seen", "expected", "advice"), (NASTY * 2)[:600])),
        result(Outcome.FAILED, id="second", part=2, seen=f"a.py:1: {NASTY}", expected=NASTY, advice=NASTY),
        result(Outcome.INCONCLUSIVE, id="other", part=3, message=NASTY),
        result(Outcome.NOT_STARTED, stage="02_second", message=NASTY),
    ]
    return Report(results, 1, "practice", NASTY, "today", {"01_first": evidence})


def test_hostile_text_stays_text(show: Show, tmp_path: Path, nasty: Report) -> None:
    shown = unfolded(show(written(tmp_path, nasty)))
    assert shown.evaluate("typeof owned") == "undefined"
    assert shown.locator("script, img, iframe, object, form, base, [onerror]").count() == 0
    assert shown.locator("h1").inner_text() == f"{NASTY[:77]}..."
    assert shown.locator(".code li").all_inner_texts() == [NASTY * 3]
    assert shown.locator(".criteria dd").filter(has_text="owned = 1").count() == 7
    assert shown.locator(".moments").inner_text() == f"1 1.0 s: {NASTY}"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "nasty"])
def test_everybody_can_read_it(
    show: Show, tmp_path: Path, request: pytest.FixtureRequest, name: str, scheme: str, width: int
) -> None:
    shown = unfolded(show(written(tmp_path, request.getfixturevalue(name)), width, color_scheme=scheme))
    assert without_sideways_scrolling(shown)
    assert violations(shown) == []


def test_the_keyboard_alone_reads_it(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    focused = []
    for _ in range(9):
        shown.keyboard.press("Tab")
        focused.append(
            shown.evaluate("(document.activeElement.querySelector('h3') ?? document.activeElement).textContent")
        )
    parts = ["Criteria", "Notes on the code", "Code beside the starter", "Who sent what"]
    assert focused == ["", *parts, *parts]
    shown.keyboard.press("Enter")
    expect(shown.get_by_role("heading", name="Run 2: 1 user, 12 requests, 12 answered with an error")).to_be_visible()


@pytest.mark.parametrize("name", ["report", "nasty"])
def test_the_sheet_is_one_printed_page(show: Show, tmp_path: Path, request: pytest.FixtureRequest, name: str) -> None:
    assert prints_on_one_sheet(show(written(tmp_path, request.getfixturevalue(name))), ".sheet")


def test_what_is_folded_is_printed_all_the_same(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report))
    assert sheets(shown.pdf(prefer_css_page_size=True)) <= 4
    shown.emulate_media(media="print")
    for words in ("Part 1: It loads.", "import time", "practice: not isolated.", "Run 1: 3 users, 36 requests"):
        expect(shown.locator("body").get_by_text(words).first).to_be_visible()
    for words in ("How this was graded", "The same as text", "Run 2: 1 user, 12 requests, 12 answered with an error"):
        expect(shown.get_by_text(words, exact=True).first).to_be_hidden()


def test_long_code_is_not_printed_to_its_end(show: Show, tmp_path: Path) -> None:
    long = "\n".join(f"line = {number}" for number in range(2000))
    evidence = Evidence([Source("demo_locustfile.py", long, False), Source("more.py", long, False)])
    shown = show(written(tmp_path, Report([result(stage=TASK)], 1, evidence={TASK: evidence})))
    assert sheets(shown.pdf(prefer_css_page_size=True)) <= 4
    assert re.search(r"\d+ more lines are shown on a screen", shown.content())
    code = part(shown, "Code beside the starter")
    expect(code.get_by_text("line = 1999").first).to_be_visible()
    expect(code.get_by_text("more lines are shown on a screen").first).to_be_hidden()


@pytest.mark.parametrize(("lengths", "left_out"), [((119,), 0), ((70, 40), 0), ((125,), 25), ((119, 5), 5)])
def test_a_few_lines_more_than_usual_are_printed(
    show: Show, tmp_path: Path, lengths: tuple[int, ...], left_out: int
) -> None:
    sources = [Source(f"{n}.py", "\n".join(["line"] * length)) for n, length in enumerate(lengths)]
    shown = show(written(tmp_path, Report([result(stage="x")], 1, evidence={"x": Evidence(sources)})))
    assert shown.locator(".code li.screen").count() == left_out
    assert shown.get_by_text("are shown on a screen").count() == bool(left_out)


def test_words_and_outcomes_do_not_overlap_in_print(show: Show, tmp_path: Path, report: Report) -> None:
    shown = show(written(tmp_path, report), 794)
    shown.emulate_media(media="print")
    for line in shown.locator(".criteria > li").all():
        badge, words = line.locator("> .outcome").bounding_box(), line.locator("> div").bounding_box()
        assert badge
        assert words
        assert badge["x"] + badge["width"] <= words["x"]


def test_a_passed_take_home_of_usual_length_prints_on_four_sheets(show: Show, tmp_path: Path) -> None:
    said = "A worker that starts before its master says so within 10 s, in a line that comes only then, and serves"
    passed = result(stage=TASK, part=3)
    results = [replace(passed, criterion=replace(passed.criterion, id=str(n), title=f"{said} {n}.")) for n in range(16)]
    evidence = Evidence(
        [Source("desks.py", "\n".join(["    line of code" * 5] * 99)), Source("NOTES.md", "I assume so. " * 200)],
        runs=[run(users=24, moments=tuple(IncidentMark(n, "worker 2 is killed") for n in range(4)))],
    )
    shown = show(written(tmp_path, Report(results, 1, "practice", evidence={TASK: evidence})))
    assert shown.locator(".code li.screen").count() == 0
    assert sheets(shown.pdf(prefer_css_page_size=True)) <= 4
