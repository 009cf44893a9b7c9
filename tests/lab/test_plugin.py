"""The plugin: a real pytest session turns the ends of tests into outcomes, words, files and an exit status."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGE = "01_sequential_flows"  # it has hints
SETTINGS = """
[pytest]
addopts = -p xdist --import-mode=importlib --dist=loadfile
markers =
    criterion(points, after, bonus, part): one thing that a stage asks for
"""
HEAD = """
import pytest
from checks.lab import Failed, Inconclusive, NotStarted
"""
MIXED = """
@pytest.mark.criterion(points=2)
def test_good():
    \"\"\"All is well.\"\"\"

@pytest.mark.criterion(points=3)
def test_bad():
    \"\"\"Nothing is amiss.\"\"\"
    raise Failed("a thing amiss", "no thing amiss", "mend the thing")

@pytest.mark.criterion(points=1, after="good bad")
def test_later():
    \"\"\"It goes on.\"\"\"

@pytest.mark.criterion(points=1, after="later")
def test_much_later():
    \"\"\"It goes on and on.\"\"\"

@pytest.mark.criterion(points=1)
def test_unclear():
    \"\"\"It can be told.\"\"\"
    raise Inconclusive("the machine was busy")

@pytest.mark.criterion(points=1)
def test_absent():
    \"\"\"It is there.\"\"\"
    raise NotStarted("no file yet")

@pytest.mark.criterion(points=1)
def test_stumble():
    \"\"\"The grader knows its trade.\"\"\"
    {}["no such key"]

@pytest.mark.criterion(points=5, bonus=True, part=3)
def test_extra():
    \"\"\"It does more.\"\"\"
"""


@dataclass(frozen=True)
class Session:
    """A finished pytest session."""

    status: int
    output: str
    folder: Path

    @property
    def stage(self) -> dict[str, Any]:
        (stage,) = json.loads((self.folder / "report.json").read_text())["stages"].values()
        return dict(stage)

    @property
    def criteria(self) -> dict[str, dict[str, Any]]:
        return {criterion["id"]: criterion for criterion in self.stage["criteria"]}


Grade = Callable[..., Session]


def graded(folder: Path, checks: str, *arguments: str) -> Session:
    """Run pytest on a check file of this test's own."""
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text(SETTINGS)
    (folder / "conftest.py").write_text('pytest_plugins = ["checks.lab.plugin"]\n')
    (folder / f"test_{STAGE}.py").write_text(HEAD + checks)
    command = [sys.executable, "-m", "pytest", ".", "--report", str(folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    finished = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    return Session(finished.returncode, finished.stdout + finished.stderr, folder)


@pytest.fixture
def grade(tmp_path: Path) -> Grade:
    return lambda checks, *arguments: graded(tmp_path, checks, *arguments)


@pytest.fixture(scope="module", params=[(), ("-n", "2")], ids=["alone", "two workers"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    return graded(tmp_path_factory.mktemp("mixed"), MIXED, "--seed", "7", *request.param)


def test_each_end_has_its_outcome(mixed: Session) -> None:
    assert {id: criterion["outcome"] for id, criterion in mixed.criteria.items()} == {
        "good": "passed",
        "bad": "failed",
        "later": "not_started",
        "much_later": "not_started",
        "unclear": "inconclusive",
        "absent": "not_started",
        "stumble": "inconclusive",
        "extra": "passed",
    }
    assert (mixed.stage["outcome"], mixed.stage["points"], mixed.stage["max_points"]) == ("failed", 7, 10)
    assert mixed.status == 1


def test_a_bonus_that_fails_costs_points_and_nothing_else(grade: Grade) -> None:
    session = grade("""
@pytest.mark.criterion(points=3)
def test_good():
    \"\"\"All is well.\"\"\"

@pytest.mark.criterion(points=5, bonus=True)
def test_extra():
    \"\"\"It does more.\"\"\"
    raise Failed("nothing", "more", "do more")
""")
    assert session.criteria["extra"]["outcome"] == "failed"
    assert (session.stage["outcome"], session.stage["points"], session.stage["max_points"]) == ("passed", 3, 3)
    assert session.status == 0


def test_a_criterion_of_a_part_names_it(mixed: Session) -> None:
    assert {id: criterion["part"] for id, criterion in mixed.criteria.items() if "part" in criterion} == {"extra": 3}


def test_the_first_cause_comes_first(mixed: Session) -> None:
    assert mixed.criteria["later"]["waiting_for"] == mixed.criteria["much_later"]["waiting_for"] == "bad"


def test_a_grader_that_stumbles_says_so_and_where(mixed: Session) -> None:
    message = mixed.criteria["stumble"]["message"]
    assert re.fullmatch(rf"the grader stumbled, not you: KeyError\('no such key'\) at test_{STAGE}\.py:\d+", message)


def test_the_terminal_shows_words_and_no_traceback(mixed: Session) -> None:
    for words in (
        f"{STAGE}  FAILED  2/10 + 5 points",
        "FAILED        Nothing is amiss.",
        "seen:     a thing amiss",
        "expected: no thing amiss",
        "next:     mend the thing",
        "2 more wait for this one.",
        "inconclusive  It can be told.",
        "to do         It is there.",
        "2 passed; -v lists them.",
        "Seed 7;",
    ):
        assert words in mixed.output
    for machinery in ("Traceback", "raise Failed", "plugin.py", "INTERNALERROR", "_pytest", "test session", "[100%]"):
        assert machinery not in mixed.output


def test_a_learner_reads_the_first_failure_and_the_next_step_at_once(mixed: Session) -> None:
    own_words = [line for line in mixed.output.splitlines() if not line.startswith("bringing up nodes")]
    first = own_words[:12]
    assert [line.split()[0] for line in first if line.strip()][:5] == [STAGE, "FAILED", "seen:", "expected:", "next:"]


def test_junit_tells_the_same(mixed: Session) -> None:
    cases = ElementTree.parse(mixed.folder / "junit.xml").getroot().iter("testcase")  # noqa: S314 - written by pytest
    found = {str(case.get("name")): {child.tag for child in case} - {"properties"} for case in cases}
    assert found.pop("test_good") == found.pop("test_extra") == set()
    assert found.pop("test_bad") == {"failure"}
    assert set(map(str, found.values())) == {"{'skipped'}"}


def one(body: str, name: str = "loads") -> str:
    return f'@pytest.mark.criterion(points=1)\ndef test_{name}():\n    """It is."""\n    {body}\n\n'


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        (one("pass"), 0),
        (one("pass") + one("raise NotStarted('not yet')", "more"), 0),
        (one("raise Inconclusive('busy')") + one("pass", "more"), 6),
        (one("1 / 0"), 6),
        (one("raise Failed('a', 'b', 'c')") + one("raise Inconclusive('busy')", "more"), 1),
        ("x = 1", 5),
    ],
    ids=["passed", "not started", "inconclusive", "grader error", "failed and inconclusive", "no check"],
)
def test_the_exit_status_tells_the_outcome(grade: Grade, checks: str, status: int) -> None:
    assert grade(checks).status == status


def test_workers_bring_the_exit_status_home(grade: Grade) -> None:
    assert grade(one("raise Inconclusive('busy')"), "-n", "2").status == 6


BROKEN_FIXTURE = """
@pytest.fixture(scope="module")
def run():
    {}

@pytest.mark.criterion(points=1)
def test_loads(run):
    \"\"\"It loads.\"\"\"

@pytest.mark.criterion(points=1, after="loads")
def test_works(run):
    \"\"\"It works.\"\"\"
"""


def test_a_fixture_may_find_the_failure(grade: Grade) -> None:
    session = grade(BROKEN_FIXTURE.format("raise Failed('a link', 'a file', 'copy it')"))
    assert (session.status, session.criteria["loads"]["outcome"]) == (1, "failed")
    assert session.criteria["works"]["waiting_for"] == "loads"
    assert "ERROR" not in session.output


def test_a_stage_that_is_not_started_is_so_as_a_whole(grade: Grade) -> None:
    session = grade(BROKEN_FIXTURE.format("raise NotStarted('the starter, unchanged')"))
    assert (session.status, session.stage["outcome"]) == (0, "not_started")
    assert {criterion["message"] for criterion in session.criteria.values()} == {"the starter, unchanged"}


def test_a_fixture_that_stumbles_at_its_end_takes_the_pass_away(grade: Grade) -> None:
    checks = """
@pytest.fixture
def run():
    yield
    1 / 0

@pytest.mark.criterion(points=1)
def test_loads(run):
    \"\"\"It loads.\"\"\"
"""
    session = grade(checks)
    assert (session.status, session.stage["outcome"]) == (6, "inconclusive")


@pytest.mark.parametrize("kind", ["Inconclusive", "NotStarted", "ValueError"])
def test_what_a_submission_says_can_not_steer_the_terminal(grade: Grade, kind: str) -> None:
    session = grade(one(f"raise {kind}('\\x1b[2J' + 'x' * 5000)"))
    assert "\x1b[2J" not in session.output + session.criteria["loads"]["message"]
    assert len(session.criteria["loads"]["message"]) <= 600


DRAW = """
@pytest.mark.criterion(points=1)
def test_draw(lab):
    \"\"\"It draws.\"\"\"
    raise Failed(f"{lab.rng.random()} {lab.submission.locustfile}", "luck", "none")
"""


def test_a_seed_repeats_the_numbers_of_a_run(grade: Grade, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("pass\n")

    def draw(*arguments: str) -> str:
        return str(grade(DRAW, "--submission", str(tmp_path / "mine.py"), *arguments).criteria["draw"]["message"])

    by_chance = draw()
    seed = json.loads((tmp_path / "report.json").read_text())["seed"]
    assert draw("--seed", str(seed)) == draw("--seed", str(seed), "-n", "2") == by_chance
    assert draw("--seed", str(seed + 1)) != by_chance
    assert "mine.py" in by_chance


WITNESSED = """
import requests

@pytest.fixture(scope="module")
def run(lab):
    with lab.petshop() as shop:
        requests.get(f"{shop.url}/pets/4711", timeout=30)

@pytest.mark.criterion(points=1)
def test_loads(run):
    \"\"\"It loads.\"\"\"

@pytest.mark.criterion(points=1)
def test_works(run):
    \"\"\"It works.\"\"\"
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_the_report_shows_code_notes_and_what_the_target_saw(
    grade: Grade, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    (tmp_path / "mine.py").write_text("import socket  # <b>mine</b>\n")
    session = grade(WITNESSED, "--submission", str(tmp_path / "mine.py"), *workers)
    assert session.status == 0, session.output
    assert [note.split(":")[:2] for note in session.stage["notes"]] == [["mine.py", "1"]]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("Run 1: 1 user, 1 request, 1 answered with an error<") == page.count("For: It loads.") == 1
    assert "GET /pets/4711: 404 after " in page
    assert "import socket  # &lt;b&gt;mine&lt;/b&gt;" in page


BLAMED = """
import requests

@pytest.fixture(scope="module")
def shop(lab):
    with lab.petshop() as shop:
        for number in range(3):
            requests.get(f"{shop.url}/pets/{number}", timeout=30)
    return shop

@pytest.mark.criterion(points=1)
def test_loads(shop):
    \"\"\"It loads.\"\"\"

@pytest.mark.criterion(points=1)
def test_works(shop):
    \"\"\"It works.\"\"\"
    raise Failed("a pet too many", "two pets", "leave it", list(shop.journal)[2])
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_the_report_marks_the_request_that_a_check_blames(
    grade: Grade, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    (tmp_path / "mine.py").write_text('\nget(f"/pets/{number}")\n')
    session = grade(BLAMED, "--submission", str(tmp_path / "mine.py"), *workers)
    assert session.criteria["works"]["message"] == "seen: a pet too many\nexpected: two pets\nnext: leave it"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("the request at fault: GET /pets/2") == page.count("For: It loads.") == 1
    assert '<dt>Probably sent by</dt><dd><span class="place">mine.py:2</span>' in page


def test_a_submission_that_is_not_there_is_a_usage_error(grade: Grade, tmp_path: Path) -> None:
    session = grade(DRAW, "--submission", str(tmp_path / "nowhere"))
    assert session.status == 4
    assert f"{tmp_path / 'nowhere'}: there is no such file or folder" in session.output


def test_each_time_one_more_hint_opens(grade: Grade) -> None:
    failed = one("raise Failed('a', 'b', 'c')")
    assert "hint 1" not in grade(failed).output
    outputs = [grade(failed, "--hints").output for _ in range(2)]
    assert ["hint 1" in output for output in outputs] == [True, True]
    assert ["hint 2" in output for output in outputs] == [False, True]


def test_hints_open_without_pytests_cache_too(grade: Grade) -> None:
    session = grade(one("raise Failed('a', 'b', 'c')"), "--hints", "-p", "no:cacheprovider")
    assert session.status == 1
    assert "hint 1" in session.output


def test_an_interrupt_stops_at_once_and_is_no_verdict(grade: Grade) -> None:
    session = grade(one("pass") + one("raise KeyboardInterrupt", "more") + one("pass", "last"))
    assert session.status == 2
    assert "INTERNALERROR" not in session.output
    assert "no verdict; 1 criterion had passed" in session.output
    assert not (session.folder / "report.json").exists()


def test_an_interrupt_leaves_no_report_of_an_earlier_run(grade: Grade) -> None:
    assert grade(one("pass")).stage["outcome"] == "passed"
    assert not (grade(one("raise KeyboardInterrupt")).folder / "report.json").exists()


def test_a_check_file_that_does_not_load_stays_visible(grade: Grade) -> None:
    session = grade("import no_such_module_here\n" + one("pass"))
    assert session.status == 2
    assert "No module named 'no_such_module_here'" in session.output
    assert "INTERNALERROR" not in session.output


def test_a_test_that_is_no_criterion_is_left_alone(grade: Grade) -> None:
    session = grade(one("pass") + "def test_of_another_kind():\n    assert 1 == 2\n")
    assert session.status == 1
    assert "assert 1 == 2" in session.output
    assert list(session.criteria) == ["loads"]


def test_nothing_beside_a_submission_is_imported(tmp_path: Path) -> None:
    folder = tmp_path / "01_sequential_flows"
    folder.mkdir()
    solution = ROOT / "solutions" / folder.name / "locustfile.py"
    folder.joinpath("locustfile.py").write_text(solution.read_text())
    for place in (tmp_path, folder):
        place.joinpath("conftest.py").write_text("raise SystemExit('the grader has imported a conftest.py')\n")
    command = [sys.executable, "-m", "pytest", "checks/", "--submission", str(folder), "-k", "loads and 01"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False).stdout
    assert "1 passed" in said
