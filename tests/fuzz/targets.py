"""The targets: all of the grader that reads a submission, its output or its record, each as one call with a recipe.

A target may return, or raise Failed or NotStarted; any other exception is a complaint. So is Inconclusive, since no
target plays a busy machine.
"""

import contextlib
import csv
import inspect
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from checks import test_01_sequential_flows, test_02_stress_test, test_04_master_worker
from checks.judging.cluster.announcements import announcements
from checks.judging.cluster.configuration import MASTER, WORKER
from checks.judging.pauses import pauses
from checks.judging.visitors import overlapping
from checks.lab.batch import __main__ as batch
from checks.lab.batch import cache
from checks.lab.cell.practice import Cell
from checks.lab.inside import options
from checks.lab.locust import settings
from checks.lab.locust.record import Record, began, has_declared
from checks.lab.locust.run import Ending, Run, printed
from checks.lab.outcome import Criterion, Failed, NotStarted, Outcome, Result, plain
from checks.lab.report.evidence import Evidence, gathered, readings
from checks.lab.report.page import page
from checks.lab.report.report import Report
from checks.lab.report.terminal import Reader, board
from checks.lab.submission import answer as submission
from checks.lab.submission import unpack
from checks.lab.submission.answer import Submission
from checks.lab.submission.given import taken_in
from checks.lab.target.journal import Journal, journaled
from checks.lab.target.server import Target
from checks.lab.verdict.diagnosis import aside, require_requests, uncaught
from checks.lab.verdict.hints import open_next
from tests.fuzz import session
from tests.fuzz.guard import Limits
from tests.fuzz.recipes import Recipe, data
from tests.hostile import STEERING

SECRET = b"the secret of the host"
NO_CHILDREN = {"br", "hr", "img", "input", "link", "meta", "use", "path", "rect", "circle", "line", "col", "wbr"}
INJECTED = "fuzzed"  # strategies make elements and attributes of this name, which no page may contain
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Call:
    """A recipe, and the folder of this one call: `in` holds the files that were made, `out` and `tmp` are empty."""

    recipe: Recipe
    root: Path

    @property
    def path(self) -> Path:
        """The path that is handed in."""
        return Path(os.path.join(self.root / "in", self.recipe.get("path", "")))  # noqa: PTH118 - as a shell joins it

    @property
    def out(self) -> Path:
        """A folder for the results."""
        return self.root / "out"


@dataclass(frozen=True)
class Fuzzed:
    """A function to call with recipes, within limits."""

    do: Callable[[Call], None]
    limits: Limits
    with_locust: bool

    def __call__(self, call: Call) -> None:
        """Make the call, with a folder of its own for temporary files, which has to be empty after it."""
        tempfile.tempdir = str(call.root / "tmp")
        if os.path.exists(call.path):  # noqa: PTH110 - a missing path can't be handed in
            with contextlib.suppress(Failed, NotStarted):
                self.do(call)
        _require(not os.listdir(tempfile.tempdir), "temporary files are left")  # noqa: PTH208 - names of any kind


TARGETS: dict[str, Fuzzed] = {}


def target(
    seconds: float = 3.0, megabytes: int = 256, *, with_locust: bool = False
) -> Callable[[Callable[[Call], None]], Callable[[Call], None]]:
    """Enter a function into TARGETS."""

    def entered(do: Callable[[Call], None]) -> Callable[[Call], None]:
        TARGETS[do.__name__.strip("_")] = Fuzzed(do, Limits(seconds, megabytes), with_locust)
        return do

    return entered


def _require(holds: object, complaint: str) -> None:
    if not holds:
        raise RuntimeError(complaint)  # not an AssertionError, since Failed is one


# --- code that takes a submission in


@target(seconds=30)
def folder(call: Call) -> None:
    """A folder or a file, of any names and kinds: what takes part is copied and shown, and nothing else."""
    (call.root / "secret.py").write_bytes(SECRET)
    (call.root / "01_sequential_flows").mkdir()
    (call.root / "01_sequential_flows" / "locustfile.py").write_bytes(SECRET)
    with taken_in(call.path) as path:
        _take(path, call)


def _take(path: Path, call: Call) -> Submission:
    found = submission.find(path, call.recipe["stage"])
    shown = json.dumps(gathered(found, readings(found)).packed())
    _require(SECRET.decode() not in shown, "a file of the host is shown")
    found.copy_to(call.out)
    for file in call.out.rglob("*"):
        _require(not file.is_symlink(), "a link was copied")
        _require(not file.is_file() or SECRET not in file.read_bytes(), "a file of the host was copied")
    return found


@target()
def content(call: Call) -> None:
    """The fingerprint of a submission, by which a round knows what it has graded already."""
    stages = [call.recipe.get("stage", "01_sequential_flows")]
    _require(cache.content(call.path, stages) == cache.content(call.path, stages), "the same files look like others")


@target(seconds=10, megabytes=160)
def unpacked(call: Call) -> None:
    """An archive: its plain files end up in one folder, and no file anywhere else."""
    before = sorted(os.listdir(call.root / "in"))  # noqa: PTH208 - names of any kind
    with taken_in(call.root / "in" / call.recipe["archive"]["name"]) as path:
        inside = list(path.rglob("*"))
        _require(path.is_relative_to(tempfile.gettempdir()), "unpacked somewhere else")
        _require(all(file.is_dir() or file.is_file() for file in inside), "no plain file")
        _require(not any(file.is_symlink() for file in inside), "a link")
        _require(sum(file.stat().st_size for file in inside if file.is_file()) <= unpack.MOST_BYTES, "too much")
        _take(path, call)
    _require(sorted(os.listdir(call.root / "in")) == before, "files came beside the archive")  # noqa: PTH208


@target(seconds=30)
def source(call: Call) -> None:
    """Python source: the notes on it, the parts that are shown, and the words that stages look for."""
    found = submission.find(call.path, "03_slo_failures")
    evidence = gathered(found, readings(found))
    for note in evidence.notes:
        _require(note.isprintable(), f"a note that is no line: {note!r:.200}")


@target()
def findings(call: Call) -> None:
    """findings.toml, to its verdict."""
    test_02_stress_test.test_findings(SimpleNamespace(submission=submission.find(call.path, "02_stress_test")))


@target(seconds=6, with_locust=True)
def configuration(call: Call) -> None:
    """master.conf and worker.conf, to the verdict on what they say."""
    found = submission.find(call.path, "04_master_worker")
    names = MASTER, WORKER
    with _Forking() as cell:
        found.copy_to(cell.work)
        confs = dict(zip(names, settings.read(cell, names), strict=True))
    test_04_master_worker.test_master_conf(confs)
    test_04_master_worker.test_worker_conf(confs)


class _Forking(Cell):
    """A cell whose processes are forks of this one, which has already loaded Locust."""

    def start(self, arguments: list[str], output: IO[bytes], told: Path | None = None) -> Any:  # noqa: ARG002
        child = os.fork()
        if not child:
            os.chdir(self.work)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.argv[:] = arguments
            status = 1
            with contextlib.suppress(Exception):
                options.main()
                status = 0
            os._exit(status)
        return SimpleNamespace(
            communicate=lambda **_: os.waitpid(child, 0), wait=lambda: None, returncode=0, pid=child, stdin=None
        )

    def kill(self, process: Any) -> None:
        os.kill(process.pid, signal.SIGKILL)


@target(seconds=10)
def names(call: Call) -> None:
    """A round of submissions with any kind of name: each gets its line, whatever the others are called."""
    stand_in = call.root / "python"  # a stand-in for the grader: each submission passes at once
    report = {"seed": 1, "stages": {"01_sequential_flows": {"outcome": "passed", "points": 1, "max_points": 1}}}
    report["stages"]["01_sequential_flows"]["criteria"] = []  # type: ignore[index]
    (call.root / "report.json").write_text(json.dumps(report))
    stand_in.write_text(
        "#!/bin/sh\nfor word; do case $word in --report=*) for name in report.json report.html junit.xml; do\n"
        'cp "${0%/*}/report.json" "${word#--report=}/$name"; done; esac; done\n'
    )
    stand_in.chmod(0o755)
    sys.executable = str(stand_in)
    paths = [os.path.join(call.root / "in", name) for name in call.recipe["paths"]]  # noqa: PTH118
    words = ["round", *paths, "--stage", "01_sequential_flows", "--out", str(call.out), "--here", str(call.root)]
    sys.argv[:] = [*words, "--mode", "practice"]
    status = batch.main()
    _require(status in (0, 3), f"the round ends with {status}")
    with (call.out / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    _require(len(rows) == len(paths), f"{len(paths)} submissions have {len(rows)} lines")
    plain_ones = sum(os.path.isdir(path) or os.path.isfile(path) for path in paths if not os.path.islink(path))  # noqa: PTH112, PTH113, PTH114
    judged = sum(row[1] == "passed" for row in rows)
    _require(judged >= plain_ones, f"{plain_ones} folders and files, {judged} of them judged")
    _require(not any(cell.startswith(FORMULA) for row in rows for cell in row), f"a formula in {rows!r:.200}")
    require_sound_page((call.out / "summary.html").read_text(encoding="utf-8"), scripts=1)


# --- code that reads its output and its record


@target(seconds=6, megabytes=512)
def output(call: Call) -> None:
    """The record and the printed lines of a run: read, and turned into a sentence."""
    record, log = call.root / "in" / "record.jsonl", call.root / "in" / "locust.log"
    began(record)
    has_declared(record)
    said = printed(log)
    announcements(said)
    run = _run(call.recipe, Record.read(record), _visited(call.recipe.get("requests", [])), said)
    uncaught(run.log)
    aside(run)
    overlapping(run)
    with contextlib.suppress(Failed):
        pauses(run)
    require_requests(run)
    for check in ("host", "users", "adds", "fresh_names", "order", "think_time", "report"):
        function = getattr(test_01_sequential_flows, f"test_{check}")
        given = {"run": run, "lab": SimpleNamespace(readings={}, words=frozenset())}
        function(**{name: given[name] for name in inspect.signature(function).parameters})


def _run(recipe: Recipe, record: Record, journal: Journal, log: str) -> Run:
    """Return a run that the machine has not cut short, so that the submission is to blame for any trouble."""
    return Run(
        users=5,
        journal=journal,
        record=record,
        log=log,
        exit_code=recipe.get("exit", 0),
        seconds=10.0,
        ending=Ending.SILENCE if recipe.get("silent") else Ending.EXIT,
    )


def _visited(requests: Iterable[dict[str, Any]]) -> Journal:
    """Return the journal of requests as a server would note them, each `times` times, by as many visitors."""
    journal = Journal()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response(environ["fuzz.status"], environ["fuzz.headers"])
        return [environ["fuzz.answer"]]

    application = journaled(app, journal)
    for one in requests:
        for number in range(one.get("times", 1)):
            body = data(one.get("body", []))
            environ = {
                "REQUEST_METHOD": one.get("method", "GET"),
                "PATH_INFO": one.get("path", "/"),
                "QUERY_STRING": one.get("query", ""),
                "CONTENT_TYPE": one.get("type", "application/json"),
                "HTTP_COOKIE": one.get("cookie", "visitor={number}").replace("{number}", str(number)),
                "REMOTE_PORT": "4711",
                "wsgi.input": BytesIO(body),
                "fuzz.status": f"{one.get('status', 200)} OK",
                "fuzz.headers": [("Set-Cookie", one["sets"])] if "sets" in one else [],
                "fuzz.answer": data(one.get("answer", [])),
            }
            for _ in application(environ, lambda *_: lambda _: None):
                pass
    return journal


@target(seconds=6, megabytes=512)
def report(call: Call) -> None:
    """What a report shows of a submission: requests, words and files that are made to break it."""
    evidence = Evidence()
    with contextlib.suppress(Failed, NotStarted):
        found = submission.find(call.path, "01_sequential_flows")
        evidence = gathered(found, readings(found))
    evidence.saw(Target("http://127.0.0.1:1", _visited(call.recipe.get("requests", []))))
    results = [_result(number, words) for number, words in enumerate(call.recipe["words"])]
    whole = Report(results, 1, "exam", plain(call.path.name), "", {"01_sequential_flows": evidence.taken("reason")})
    whole.write(call.out)
    require_sound_page(page(whole))
    for line in board(results, Reader(open_next(results, None))):
        _require(not STEERING.search(line.text), f"a line steers a terminal: {line.text!r:.200}")


def _result(number: int, words: list[str]) -> Result:
    """Return the result of a criterion whose check has said these words, as the plugin makes it."""
    criterion = Criterion(f"c{number}", "It works.", "01_sequential_flows", 1)
    if len(words) < 3:
        return Result(criterion, Outcome.NOT_STARTED, message=plain(str(NotStarted(*words))))
    error = Failed(*words[:3])
    return Result(criterion, Outcome.FAILED, seen=error.seen, expected=error.expected, advice=error.advice)


def require_sound_page(text: str, scripts: int = 0) -> None:
    """Complain about a page that does not parse, or that holds what a submission has smuggled in."""
    text.encode()
    reader = _Reader()
    reader.feed(text)
    reader.close()
    _require(not reader.stack, f"left open: {reader.stack}")
    _require(reader.scripts == scripts, f"{reader.scripts} scripts")


class _Reader(HTMLParser):
    """Parses a page's elements; each end tag has to close the element that is open."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        odd = [name for name, _ in attributes if INJECTED in name or name.startswith("on")]
        _require(INJECTED not in tag and not odd, f"injected: <{tag} {' '.join(odd)}>")
        for name, value in attributes:
            led_away = re.match(r"\s*(javascript|data|https?):", value or "", re.IGNORECASE)
            _require(name not in ("href", "src") or not led_away, f"injected: {name}={value!r:.100}")
        if tag not in NO_CHILDREN:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in NO_CHILDREN:
            _require(self.stack and self.stack.pop() == tag, f"</{tag}> closes nothing")


# --- all of it


@target(seconds=20, megabytes=768)
def verdict(call: Call) -> None:
    """A whole grading in practice mode, with a stand-in for Locust: it has a verdict, and a report."""
    submission.find(call.path, call.recipe["stage"])
    began_at = time.monotonic()
    status = session.graded(call.path, call.recipe, call.out)
    report = json.loads((call.out / "report.json").read_text())
    for name, stage in report["stages"].items():
        for criterion in stage["criteria"]:
            seen = f"{name} {criterion['id']} after {time.monotonic() - began_at:.0f} s: {criterion['message']}"
            _require(criterion["outcome"] != "inconclusive", f"inconclusive: {seen}")
    _require(status in (0, 1), f"pytest ended with {status}")
    require_sound_page((call.out / "report.html").read_text(encoding="utf-8"))
