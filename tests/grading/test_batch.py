"""A round: real submissions graded by real pytest processes, and the fate of those that misbehave."""

import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from checks.lab.batch import __main__ as command
from checks.lab.batch import cache, process, queue
from checks.lab.batch.cache import STAMP, content, fingerprint
from checks.lab.batch.folders import folders, sweep
from checks.lab.batch.options import Options, objection_to
from checks.lab.batch.process import MAX_LOG, completed
from checks.lab.batch.queue import BROKEN, Batch, worst

ROOT = Path(__file__).resolve().parents[2]
STAGE = "01_sequential_flows"
LIMIT = 40  # seconds: enough for an honest submission on a busy machine
PATIENCE_S = 120
HANGS = "while True:\n    pass\n"
CRASHES = "import os\nos.kill(os.getppid(), 9)\n"
NASTY = """
from locust import HttpUser, between, task

class User(HttpUser):  # </li><script>owned = 1</script>
    host = "<img src=x onerror=alert(1)>"
    wait_time = between(1, 3)

    @task
    def attack(self):
        print("::error::owned", "\\x1b[2J<script>owned = 1</script>")
        self.client.get("/<script>owned = 1<%2Fscript>?<b>=<img src=x>")
"""
FLOODS = "while True:\n    print('x' * 100_000)\n"


@dataclass
class Command:
    """A round as a process of its own: `arguments` on the command line, all output in a file."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(encoding="utf-8", errors="replace")

    def said(self, pattern: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.output, re.M):
            assert time.monotonic() < deadline, self.output
            assert self.process.poll() is None, self.output
            time.sleep(0.05)


@contextlib.contextmanager
def started(folder: Path, *arguments: object) -> Iterator[Command]:
    words = [
        sys.executable,
        "-m",
        "checks.lab.batch",
        "--mode",
        "practice",
        "--stage",
        STAGE,
        "--out",
        folder / "out",
        "--here",
        folder,
    ]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in [*words, *arguments]],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Command(folder, process)
    finally:
        if process.poll() is None:
            for left in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    left.kill()
        process.wait()


def run(folder: Path, *arguments: object) -> tuple[int, str]:
    with started(folder, *arguments) as command:
        return command.process.wait(300), command.output


def submission(folder: Path, name: str, code: str = "") -> Path:
    """Write a submission: the reference if no code is given."""
    path = folder / name
    path.mkdir()
    if code:
        (path / "locustfile.py").write_text(code)
    else:
        shutil.copy(ROOT / "solutions" / STAGE / "locustfile.py", path)
        with (path / "locustfile.py").open("a") as file:
            file.write(f"# {name!a}\n")
    return path


@dataclass(frozen=True)
class Graded:
    """A round that has ended."""

    folder: Path
    paths: list[Path]
    status: int
    output: str


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """One round with honest and other submissions."""
    folder = tmp_path_factory.mktemp("round")
    wrong = (ROOT / "solutions" / STAGE / "locustfile.py").read_text().replace("between(1, 3)", "between(4, 5)")
    codes = {"hangs": HANGS, "crashes": CRASHES, "floods": FLOODS, "nasty": NASTY, "right": "", "wrong": wrong}
    paths = [submission(folder, name, code) for name, code in codes.items()]
    status, output = run(folder, *paths, "--jobs", 2, "--limit", LIMIT)
    return Graded(folder, paths, status, output)


def lines(output: str) -> dict[str, str]:
    """Return what the round has said about each submission."""
    return dict(re.findall(r"^\d of \d  (\w+): (.*)$", output, re.M))


def test_each_gets_its_line_whatever_the_others_do(graded: Graded) -> None:
    said = lines(graded.output)
    assert set(said) == {"hangs", "crashes", "floods", "nasty", "right", "wrong"}
    assert re.fullmatch(rf"(\d+)/\1 points \({STAGE} passed\) \(\d+ s\)", said["right"])
    assert re.fullmatch(rf"\d+/\d+ points \({STAGE} failed\) \(\d+ s\)", said["wrong"])
    assert re.fullmatch(rf"0/\d+ points \({STAGE} failed\) \(\d+ s\)", said["floods"])
    assert said["hangs"].startswith(f"no score, it did not end within {LIMIT} s")
    assert said["crashes"].startswith("no score, pytest ended with status -9")
    assert re.findall(r"^(\d) of 6", graded.output, re.M) == list("123456")
    assert graded.status == BROKEN


def test_each_has_its_report(graded: Graded) -> None:
    out = graded.folder / "out"
    for name, is_judged in (("right", True), ("wrong", True), ("floods", True), ("hangs", False), ("crashes", False)):
        assert (out / name / "report.json").exists() == (out / name / "report.html").exists() == is_judged
        assert (out / name / "grading.log").stat().st_size <= 3 * MAX_LOG
    assert "GET /" in (out / "right" / "report.html").read_text(encoding="utf-8")
    assert not list(out.glob(".grading-*"))


def test_what_a_submission_holds_and_sends_stays_text(graded: Graded) -> None:
    page = (graded.folder / "out" / "nasty" / "report.html").read_text(encoding="utf-8")
    assert page.count("&lt;script&gt;owned = 1&lt;/script&gt;") > 2  # in its code, its requests, and what was seen
    assert "host = &#39;&lt;img src=x onerror=alert(1)&gt;&#39;" in page
    for tag in ("<script", "<img", "<b>", "\x1b"):
        assert tag not in page
    log = (graded.folder / "out" / "nasty" / "grading.log").read_text(encoding="utf-8")
    assert "\x1b" not in log
    assert "\n::error" not in log


def test_the_summary_has_them_all(graded: Graded) -> None:
    with (graded.folder / "out" / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "right": "passed",
        "wrong": "failed",
        "floods": "failed",
        "nasty": "failed",
        "hangs": "no_verdict",
        "crashes": "no_verdict",
    }
    assert next(iter(rows)) == "right"
    assert (graded.folder / "out" / rows["right"]["report"]).exists()
    assert f"Summary: {Path('out') / 'summary.html'}" in graded.output


def test_what_is_finished_is_kept_and_what_has_changed_is_graded_anew(graded: Graded, tmp_path: Path) -> None:
    shutil.copytree(graded.folder / "out", tmp_path / "out")
    right, wrong, hangs = (graded.folder / name for name in ("right", "wrong", "hangs"))
    before = (tmp_path / "out" / "right" / "report.json").read_bytes()
    (wrong / "locustfile.py").write_text("def")
    status, output = run(tmp_path, right, wrong, hangs, "--limit", LIMIT, "--here", graded.folder)
    said = lines(output)
    assert said["right"].endswith("(kept, nothing has changed since)")
    assert said["hangs"].endswith("(kept, nothing has changed since)")
    assert re.fullmatch(rf"0/\d+ points \({STAGE} failed\) \(\d+ s\)", said["wrong"])
    assert (tmp_path / "out" / "right" / "report.json").read_bytes() == before
    assert status == BROKEN


@pytest.mark.parametrize(
    ("mode", "said"),
    [("exam", "Exam mode: each submission runs isolated"), ("practice", "Practice mode: not isolated")],
)
def test_the_terminal_names_the_mode_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str, said: str
) -> None:
    assert scripted(tmp_path, PASSES, mode=mode) == 0
    output = capsys.readouterr().out
    assert output.startswith(said)
    assert output.count(" mode: ") == 1


def test_what_is_kept_is_told_in_the_order_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [submission(tmp_path, name) for name in "hgfedcba"]
    for _ in range(2):
        capsys.readouterr()
        batch = Scripted(paths, Options(tmp_path / "out", STAGE, jobs=4, here=tmp_path))
        batch.script = PASSES
        assert batch.run() == 0
    assert re.findall(r"^\d of 8  (\w): .*kept", capsys.readouterr().out, re.M) == list("hgfedcba")


def test_endings_that_come_together_are_told_in_the_order_of_the_command() -> None:
    futures: list[Future[int]] = [Future() for _ in range(50)]
    for number, future in reversed(list(enumerate(futures))):
        future.set_result(number)
    assert [done.result() for done in completed(futures)] == list(range(50))


# --- a folder of candidates


TAKE_HOME = "jsonplaceholder_task"


@pytest.mark.parametrize(
    ("stage", "files", "said"),
    [
        (TAKE_HOME, ["ann/demo_locustfile.py", "bob/simulations/demo_locustfile.py"], "2 of its folders have"),
        (TAKE_HOME, [f"ann/{TAKE_HOME}/simulations/a.py", "bob/demo_locustfile.py"], "did you mean round/*?"),
        (TAKE_HOME, ["task-main/simulations/demo_locustfile.py"], "the folder task-main/ in it has"),
        (STAGE, ["ann/locustfile.py", f"bob/{STAGE}/locustfile.py"], "round/ has no locustfile.py, but 2 of its"),
        (STAGE, ["ann/other.py"], ""),
        (STAGE, ["locustfile.py", "ann/locustfile.py"], ""),
        (STAGE, ["own_name.py", "ann/locustfile.py"], ""),
        (STAGE, ["02_stress_test/locustfile.py"], ""),  # a learner who has not begun this stage
        (TAKE_HOME, ["simulations/demo_locustfile.py", "old/demo_locustfile.py"], ""),
        (TAKE_HOME, [f"{TAKE_HOME}/simulations/demo_locustfile.py"], ""),
    ],
)
def test_a_folder_of_candidates_is_no_candidate(tmp_path: Path, stage: str, files: list[str], said: str) -> None:
    for name in files:
        (tmp_path / "round" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "round" / name).touch()
    objection = objection_to(tmp_path / "round", tmp_path / "out" / "x", Options(tmp_path / "out", stage))
    assert said in objection
    assert bool(said) == bool(objection)


def test_a_round_that_was_given_the_folder_of_candidates_stops(tmp_path: Path) -> None:
    (tmp_path / "round").mkdir()
    for name in ("ann", "bob"):
        submission(tmp_path / "round", name)
    status, output = run(tmp_path, tmp_path / "round")
    assert status == 1
    assert output == ("round: round/ has no locustfile.py, but 2 of its folders have: did you mean round/*?\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_an_interrupted_round_goes_on_where_it_stopped(tmp_path: Path, number: signal.Signals, status: int) -> None:
    paths = [submission(tmp_path, name) for name in ("ann", "bob")]
    with started(tmp_path, *paths) as command:
        command.said(r"^1 of 2  ann: ")
        family = psutil.Process(command.process.pid).children(recursive=True)
        os.killpg(command.process.pid, number) if number != signal.SIGTERM else command.process.send_signal(number)
        assert command.process.wait(60) == status
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
        assert "Traceback" not in command.output
        if status > 0:
            assert "Interrupted after 1 of 2; the same command goes on from here." in command.output
            assert not list((tmp_path / "out").glob(".grading-*"))
    assert not (tmp_path / "out" / "bob" / "report.json").exists()
    status, output = run(tmp_path, *paths)
    assert status == 0
    assert lines(output)["ann"].endswith("(kept, nothing has changed since)")
    assert re.search(rf"\({STAGE} passed\) \(\d+ s\)$", lines(output)["bob"])
    assert not list((tmp_path / "out").glob(".grading-*"))


# --- the rules, with a stand-in for the grader


REPORT = {"seed": 1, "stages": {STAGE: {"outcome": "failed", "points": 1, "max_points": 1, "criteria": []}}}


class Scripted(Batch):
    """A batch whose grader is the test's own script; it gets the report's folder and knows how often it has run."""

    script = ""

    def _command(self, path: Path, folder: Path) -> list[str]:
        for name in queue.REPORTS[1:]:  # the script writes report.json
            (folder / name).write_text("", encoding="utf-8")
        return [sys.executable, "-c", f"import json, pathlib, sys\n{self.script}", str(folder), str(path)]


def scripted(tmp_path: Path, script: str, **options: object) -> int:
    batch = Scripted([submission(tmp_path, "ann")], Options(tmp_path / "out", STAGE, **options))  # type: ignore[arg-type]
    batch.script = script
    return batch.run()


def inconclusive_until(tmp_path: Path, tries: int) -> str:
    """Return a grader that is inconclusive `tries` times."""
    return f"""
count = pathlib.Path({str(tmp_path / "count")!r})
with count.open("a") as file:
    file.write("x")
done = len(count.read_text()) > {tries}
report = json.loads({json.dumps(json.dumps(REPORT))})
outcome = "passed" if done else "inconclusive"
report["stages"][{STAGE!r}].update(outcome=outcome, criteria=[{{"outcome": outcome, "points": 0, "max_points": 1}}])
pathlib.Path(sys.argv[1], "report.json").write_text(json.dumps(report))
sys.exit(0 if done else 6)
"""


def test_an_inconclusive_one_is_graded_again_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scripted(tmp_path, inconclusive_until(tmp_path, 1)) == 0
    assert "(0 s, inconclusive at first and graded again)" in capsys.readouterr().out
    assert len((tmp_path / "count").read_text()) == 2


def test_one_that_stays_inconclusive_is_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = inconclusive_until(tmp_path, 3)
    assert scripted(tmp_path, script) == 6
    shutil.rmtree(tmp_path / "ann")
    assert scripted(tmp_path, script) == 0
    assert len((tmp_path / "count").read_text()) == 4
    assert f"1 of 1  {tmp_path / 'ann'}: 0/1 points" not in capsys.readouterr().out


def test_a_flood_of_output_is_cut_in_the_middle_and_its_end_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flood = "for n in range(200_000):\n    print(n, 'x' * 50)\nprint('\\x1b[2Jthe end')\nsys.exit(4)"
    assert scripted(tmp_path, flood) == BROKEN
    log = (tmp_path / "out" / "ann" / "grading.log").read_bytes()
    assert 2 * MAX_LOG < len(log) < 2 * MAX_LOG + 100
    assert log.startswith(b"0 xxx")
    assert b" bytes are left out here ..." in log
    said = capsys.readouterr().out
    assert ": no score, pytest ended with status 4 (" in said
    assert "    | ?[2Jthe end\n" in said


def test_the_limit_holds_against_a_grader_that_does_not_listen(tmp_path: Path) -> None:
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    started = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "GRACE", 1.0)
        assert scripted(tmp_path, deaf, limit=1) == BROKEN
    assert time.monotonic() - started < 60


def test_a_seed_or_another_mode_is_another_grading(tmp_path: Path) -> None:
    path = submission(tmp_path, "ann")
    prints = [
        fingerprint(path, Options(tmp_path, STAGE, mode=mode, seed=seed))
        for mode, seed in (("practice", None), ("practice", 1), ("exam", None), ("practice", None))
    ]
    assert len(set(prints)) == 3
    assert prints[0] == prints[3]


def test_a_report_never_lies_among_the_submitted_files(tmp_path: Path) -> None:
    path = submission(tmp_path, "ann")
    status, output = run(tmp_path, path, "--out", tmp_path)
    assert status == 1
    assert "its report would lie among its own files; choose another --out." in output
    assert [file.name for file in path.iterdir()] == ["locustfile.py"]


@pytest.mark.parametrize(
    ("name", "is_clear"),
    [("ann/locustfile.py", False), ("ann", False), (f"class/{STAGE}", True), ("class", True), ("ann.zip", True)],
)
def test_an_answer_to_one_stage_is_not_judged_by_all(tmp_path: Path, name: str, is_clear: bool) -> None:
    submission(tmp_path, "ann")
    (tmp_path / "class").mkdir()
    submission(tmp_path / "class", STAGE)
    (tmp_path / "ann.zip").touch()
    objection = objection_to(tmp_path / name, tmp_path / "out" / "x", Options(tmp_path / "out"))
    assert objection == (
        "" if is_clear else "which stage does it answer? Say so with --task NN, or --task jsonplaceholder."
    )
    assert objection_to(tmp_path / name, tmp_path / "out" / "x", Options(tmp_path / "out", STAGE)) == ""


def test_a_verdict_without_its_page_is_none(tmp_path: Path) -> None:
    script = f"{PASSES}\npathlib.Path(sys.argv[1], 'report.html').unlink()\nsys.exit(0)"
    assert scripted(tmp_path, script) == BROKEN
    assert not (tmp_path / "out" / "ann" / "report.json").exists()


def test_a_report_of_a_grading_that_broke_is_no_verdict(tmp_path: Path) -> None:
    for status, outcome in ((1, 1), (2, BROKEN), (-9, BROKEN)):
        write = f"pathlib.Path(sys.argv[1], 'report.json').write_text({json.dumps(REPORT)!r})"
        end = f"sys.exit({status})" if status > 0 else "import os; os.kill(os.getpid(), 9)"
        assert scripted(tmp_path, f"{write}\n{end}", again=True) == outcome
        assert (tmp_path / "out" / "ann" / "report.json").exists() == (outcome == 1)
        shutil.rmtree(tmp_path / "ann")


def test_the_reports_of_an_earlier_round_are_no_submission(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert run(tmp_path, tmp_path / "out") == (0, f"\nSummary: {Path('out') / 'summary.html'}\n")


def test_a_name_is_one_line(tmp_path: Path) -> None:
    assert Options(tmp_path, here=tmp_path).shown(tmp_path / "a\n1 of 1  b\x1b") == "a?1 of 1  b?"


def test_what_all_hand_in_under_one_name_is_called_as_the_folder_around_it(tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        (tmp_path / name / "simulations").mkdir(parents=True)
    (tmp_path / "late").symlink_to(tmp_path / "bob")
    paths = [tmp_path / "ann" / "simulations", tmp_path / "bob" / "simulations", tmp_path / "late"]
    assert [folder.name for folder in folders(paths, tmp_path / "out")] == ["ann", "bob", "late"]


def test_names_that_come_again_are_numbered(tmp_path: Path) -> None:
    paths = [Path(name) for name in ("x/a", "y/a", "a-2", "z/A", "summary.html")]
    assert [folder.name for folder in folders(paths, tmp_path)] == ["a", "a-2", "a-2-2", "A-3", "summary.html-2"]


def test_the_worst_status_speaks_for_all() -> None:
    cases = {(0, 0): 0, (0, 6): 6, (6, 1, 0): 1, (1, 3, 6): 3, (): 0}
    assert {statuses: worst(statuses) for statuses in cases} == cases


# --- one bad submission never stops the others


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (b"Zo\xeb", "Zo_"),
        (b"a\nb\x1b", "a_b_"),
        (b"summary.csv.part", "summary.csv.part-2"),
        (b"SUMMARY.html", "SUMMARY.html-2"),
        (b".grading-1-x", "_grading-1-x"),
        (b"grading.json", "grading.json"),
        (b"a" * 255, "a" * 200),
        ("\u00e9".encode() * 127, "\u00e9" * 100),
        (b"what?", "what_"),
        (b"dots..", "dots._"),
        (b"%2e", "%2e"),
    ],
)
def test_any_name_becomes_a_folder(tmp_path: Path, name: bytes, folder: str) -> None:
    assert folders([Path(os.fsdecode(name))], tmp_path) == [tmp_path / folder]


@pytest.mark.parametrize(
    "names",
    [("a" * 255, "a" * 254 + "b"), ("\u00e9", "e\u0301"), ("\ufb01", "fi"), ("STRASSE", "stra\u00dfe"), ("a?", "a*")],
)
def test_names_that_some_system_takes_for_one_are_numbered(tmp_path: Path, names: tuple[str, str]) -> None:
    first, second = folders([Path(name) for name in names], tmp_path)
    assert second.name.endswith("-2")
    assert second.name != first.name
    assert max(len(os.fsencode(folder.name)) for folder in (first, second)) <= 255


PASSES = f"""
report = json.loads({json.dumps(json.dumps(REPORT))})
report["stages"][{STAGE!r}]["outcome"] = "passed"
pathlib.Path(sys.argv[1], "report.json").write_text(json.dumps(report))
"""


@pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")
def test_one_bad_line_never_stops_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [os.fsdecode(b"Zo\xeb"), "a\nb", "summary.csv.part", "n" * 255, "blocked", "good"]
    paths = [submission(tmp_path, name) for name in names]
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    again = tmp_path / "again"
    again.mkdir()
    paths += [tmp_path / "loop", tmp_path / "dangling", tmp_path / "gone", submission(again, "n" * 255)]
    out = tmp_path / "out"
    out.mkdir()
    (out / "blocked").touch()  # a file where the folder should be
    batch = Scripted(paths, Options(out, STAGE, here=tmp_path))
    batch.script = PASSES
    assert batch.run() == BROKEN
    said = capsys.readouterr().out
    assert len(re.findall(r"^\d+ of 10  ", said, re.M)) == 10
    assert len(re.findall(r"points \(01_sequential_flows passed\)", said)) == 6
    for name in ("loop", "dangling", "gone", "blocked"):
        assert re.search(rf"  {name}: no score, \[Errno \d+\] ", said), said
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 10


def test_an_error_of_our_own_is_one_line_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Stumbles(Scripted):
        def _command(self, path: Path, folder: Path) -> list[str]:
            if path.name == "ann":
                raise KeyError("a mistake of ours")
            return super()._command(path, folder)

    batch = Stumbles([submission(tmp_path, name) for name in ("ann", "bob")], Options(tmp_path / "out", STAGE))
    batch.script = PASSES
    assert batch.run() == BROKEN
    said = capsys.readouterr().out
    assert "ann: no score, 'a mistake of ours' (" in said
    assert "bob: 1/1 points" in said


def test_what_was_asked_for_wrongly_is_one_line_among_others(tmp_path: Path) -> None:
    submission(tmp_path, "ann")
    (tmp_path / "bob").mkdir()
    submission(tmp_path / "bob", "02_stress_test")
    words = [
        sys.executable,
        "-m",
        "checks.lab.batch",
        "--mode",
        "practice",
        "--out",
        tmp_path / "out",
        "--here",
        tmp_path,
        "--limit",
        "1",
    ]
    finished = subprocess.run(
        [*map(str, words), str(tmp_path / "ann"), str(tmp_path / "bob")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (
        "ann: no score, which stage does it answer? Say so with --task NN, or --task jsonplaceholder."
        in finished.stdout
    )
    assert re.search(r"^\d of 2  bob: ", finished.stdout, re.M)
    assert finished.returncode == BROKEN


@pytest.mark.parametrize("place", ["disk_usage", "write_summary"])
def test_a_full_disk_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "out" / "summary.csv.part"))

    if place == "disk_usage":
        monkeypatch.setattr(queue.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**30, 2**30, 5000))
    else:
        monkeypatch.setattr(queue, "write_summary", full)
    monkeypatch.setattr(queue.Batch, "_command", lambda *_: [sys.executable, "-c", ""])
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "batch",
            "--mode",
            "practice",
            "--stage",
            STAGE,
            "--out",
            str(tmp_path / "out"),
            str(submission(tmp_path, "a")),
        ],
    )
    assert command.main() == 1
    said = capsys.readouterr()
    assert re.fullmatch(
        r"Practice mode: .*\nThe reports can't be written: .*(No space left on device|4 kB are left in).*\n", said.out
    )
    assert said.err == ""


@pytest.mark.skipif(os.name == "nt", reason="a pipe of POSIX")
def test_a_round_that_nobody_listens_to_ends_quietly(tmp_path: Path) -> None:
    hangs, fails = submission(tmp_path, "hangs", HANGS), submission(tmp_path, "fails", "def")
    words = [sys.executable, "-m", "checks.lab.batch", "--mode", "practice", "--stage", STAGE]
    words += ["--out", tmp_path / "out", "--jobs", "3"]
    with subprocess.Popen(
        [*map(str, words), *map(str, (tmp_path / "gone", hangs, fails))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith("Practice mode: ")
        assert process.stdout.readline().startswith("1 of 3  ")
        process.stdout.close()
        wait_for_child(process.pid)
        family = psutil.Process(process.pid).children(recursive=True)
        assert process.wait(PATIENCE_S) == command.UNHEARD
        assert process.stderr.read() == ""
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
    assert not list((tmp_path / "out").glob(".grading-*"))


def wait_for_child(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not psutil.Process(pid).children():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- what a verdict depends on


def test_the_content_of_a_submission_is_what_is_graded_and_shown(tmp_path: Path) -> None:
    path = submission(tmp_path, "ann")
    stages = ["04_master_worker"]
    seen = [content(path, stages)]
    for name in ("locustfile.py", "master.conf", "helpers/names.py", "owners.csv", "NOTES.md"):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("changed")
        seen.append(content(path, stages))
        (path / name).write_text("CHANGED")  # of the same length, and within the resolution of any clock
        seen.append(content(path, stages))
    assert len(set(seen)) == len(seen)
    for name in (".git/index", "photo.png", "findings.toml", "__pycache__/locustfile.pyc"):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("changes all the time")
        assert content(path, stages) == seen[-1]
    os.utime(path / "locustfile.py", (1, 1))
    assert content(path, stages) == seen[-1]


def test_what_lies_beside_a_single_file_is_content_too(tmp_path: Path) -> None:
    path = submission(tmp_path, "ann") / "locustfile.py"
    before = content(path, ["02_stress_test"])
    (path.parent / "findings.toml").write_text("name = 'Ada'")
    assert content(path, ["02_stress_test"]) != before


def test_the_content_of_an_archive_is_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"one")
    before = content(tmp_path / "a.zip", [STAGE])
    (tmp_path / "a.zip").write_bytes(b"two")
    assert content(tmp_path / "a.zip", [STAGE]) != before


@pytest.mark.skipif(os.name == "nt", reason="makes links and FIFOs")
def test_the_content_of_a_submission_is_told_without_opening_what_is_no_file(tmp_path: Path) -> None:
    path = submission(tmp_path, "ann")
    os.mkfifo(path / "fifo")
    os.mkfifo(path / "fifo.py")
    (path / "link").symlink_to("/etc/passwd")
    before = content(path, [STAGE])
    (path / "fifo.py").unlink()
    assert (between := content(path, [STAGE])) != before
    (path / "link").unlink()
    (path / "link").symlink_to("/etc/hosts")
    assert content(path, [STAGE]) != between


def test_what_is_never_graded_is_never_read(tmp_path: Path) -> None:
    path = submission(tmp_path, "ann")
    for number in range(40):
        with (path / f"{number}.csv").open("wb") as file:
            file.truncate(1 << 36)
    (tmp_path / "b.zip").touch()
    os.truncate(tmp_path / "b.zip", 1 << 40)
    before = time.process_time()
    for each in (path, tmp_path / "b.zip"):
        content(each, [STAGE])
    assert time.process_time() - before < 2


def test_a_submission_that_changes_while_it_is_graded_is_not_kept(tmp_path: Path) -> None:
    changes = f"{PASSES}\npathlib.Path(sys.argv[2], 'locustfile.py').write_text('another')"
    assert scripted(tmp_path, changes) == 0
    assert (tmp_path / "out" / "ann" / "report.json").exists()
    assert not (tmp_path / "out" / "ann" / STAMP).exists()


@pytest.mark.parametrize(
    "name", ["starters/04_master_worker/master.conf", "hints/01.md", "lab/style.css", "test_01.py"]
)
def test_a_verdict_depends_on_all_that_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(cache, "ROOT", tmp_path)
    file = tmp_path / "checks" / name
    file.parent.mkdir(parents=True)
    seen = []
    for text in ("one", "two"):
        file.write_text(text)
        (tmp_path / "checks" / "__pycache__").mkdir(exist_ok=True)
        for passing in ("pets.sqlite3-wal", "__pycache__/a.pyc", ".coverage"):
            (tmp_path / "checks" / passing).write_text(f"{text} of another run")
            cache.grader.cache_clear()
            seen.append(cache.grader())
    cache.grader.cache_clear()
    assert len(set(seen)) == 2


def test_what_a_killed_round_has_left_goes_but_not_what_another_one_needs(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (f".grading-{dead.pid}-a", f".grading-{os.getpid()}-a", ".grading-a-b", "ann"):
        (tmp_path / name).mkdir()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".grading-{os.getpid()}-a", ".grading-a-b", "ann"]
