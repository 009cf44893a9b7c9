"""The launcher before any set-up: usage, wrong command lines, old Pythons, reset."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks.stages import STAGES, Stage
from course import demos
from tests.launcher.clone import ROOT, Clone, launcher_files

STAGE = "01_sequential_flows"
NUMBERED = ", ".join(stage.name for stage in STAGES.values() if stage.number)
ALL = ", ".join(STAGES)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    clone = Clone(tmp_path, [*launcher_files(), Path("requirements.txt")])
    for folder, content in (("exercises", "mine\n"), ("checks/starters", "starter\n"), ("solutions", "solution\n")):
        (clone.path / folder / STAGE).mkdir(parents=True)
        (clone.path / folder / STAGE / "locustfile.py").write_text(content)
    return clone


@pytest.mark.parametrize("words", [[], ["help"], ["--help"]])
def test_usage_names_every_command(clone: Clone, words: list[str]) -> None:
    status, output = clone.run(*words)
    assert status == 0
    for command in ("demo", "check", "reset", "grade", "slides", "test", "help"):
        assert f"\n  {command} " in output
    assert not clone.venv.exists()


@pytest.mark.parametrize("word", ["demo", "check", "reset", "grade", "slides", "test"])
def test_help_comes_without_a_set_up(clone: Clone, word: str) -> None:
    status, output = clone.run(word, "--help")
    assert status == 0
    assert f"workshop.py {word} [" in output
    assert not clone.venv.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dmeo"], "there is no command 'dmeo'; there are: demo, check, reset, grade, slides, test, help"),
        (["demo", "--run-time", "ten"], "'ten' is not a run time: write 20, 20s, 3m or 1h20m"),
        (["demo", "--run-time", "0s"], "'0s' is not a run time"),
        (["demo", "--run-time", ""], "'' is not a run time"),
        (["demo", "--users", "0"], "'0' is not a number of users"),
        (["demo", "--users", "2.5"], "'2.5' is not a number of users"),
        (["demo", "--spawn-rate", "nan"], "'nan' is not a spawn rate"),
        (["demo", "--spawn-rate", "0"], "'0' is not a spawn rate"),
        (["demo", "--fast"], "unrecognized arguments: --fast"),
        (["reset"], "required: stage"),
        (["grade"], "required: PATH"),
        (["grade", "exercises", "--jobs", "0"], "'0' is not a number of jobs: write a whole number from 1 to 64"),
        (["grade", "exercises", "--seed", "x"], "'x' is not a seed"),
    ],
)
def test_wrong_command_line(clone: Clone, words: list[str], expected: str) -> None:
    status, output = clone.run(*words)
    assert status == 2
    assert expected in output
    assert "Traceback" not in output
    assert not clone.venv.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["demo", "99"], f"workshop.py: there is no stage '99' here; there are: {NUMBERED}."),
        (["demo", ""], f"workshop.py: there is no stage '' here; there are: {NUMBERED}."),
        (["check", "99"], f"workshop.py: there is no stage '99' here; there are: {NUMBERED}."),
        (["reset", "first"], f"workshop.py: there is no stage 'first' here; there are: {NUMBERED}."),
        (["check", "01", "99", "-v"], f"workshop.py: there is no stage '99' here; there are: {NUMBERED}."),
        (["grade", "class/*"], "workshop.py: there is no class/*: nothing was graded."),
        (["grade", "exercises", "nowhere"], "workshop.py: there is no nowhere: nothing was graded."),
        (["grade", "exercises", "--task", "77"], f"workshop.py: there is no stage '77' here; there are: {ALL}."),
    ],
)
def test_wrong_name_is_one_line(clone: Clone, words: list[str], expected: str) -> None:
    assert clone.run(*words) == (1, f"{expected}\n")
    assert not clone.venv.exists()


@pytest.mark.parametrize("stage", ["1", "01", STAGE, f"exercises/{STAGE}/", f"exercises\\{STAGE}\\"])
def test_reset_keeps_every_earlier_file(clone: Clone, stage: str) -> None:
    folder = clone.path / "exercises" / STAGE
    for content in ("first\n", "second\n", "third\n"):
        (folder / "locustfile.py").write_text(content)
        status, output = clone.run("reset", stage)
        assert (status, output.count("\n")) == (0, 1)
        assert f"exercises/{STAGE}/locustfile.py: the starter is back; yours is kept as locustfile.py." in output
    kept = {path.name: path.read_text() for path in folder.iterdir()}
    assert kept == {
        "locustfile.py": "starter\n",
        "locustfile.py.bak": "first\n",
        "locustfile.py.1.bak": "second\n",
        "locustfile.py.2.bak": "third\n",
    }


def test_reset_says_that_nothing_changed(clone: Clone) -> None:
    folder = clone.path / "exercises" / STAGE
    (folder / "locustfile.py").write_text("starter\n")
    (folder / "notes.txt").write_text("the learner's own\n")
    assert clone.run("reset", "01") == (0, f"exercises/{STAGE} is the starter already: nothing changed.\n")
    assert sorted(path.name for path in folder.iterdir()) == ["locustfile.py", "notes.txt"]


def test_reset_names_what_the_learner_has_added(clone: Clone) -> None:
    for name in ("helpers.py", "notes.txt", "locust.conf"):  # no grader accepts the latter two
        (clone.path / "exercises" / STAGE / name).write_text("x = 1\n")
    status, output = clone.run("reset", "01")
    assert status == 0
    assert f"Also in exercises/{STAGE}, and graded with it: helpers.py." in output


def test_reset_brings_a_lost_file_back(clone: Clone) -> None:
    shutil.rmtree(clone.path / "exercises" / STAGE)
    assert clone.run("reset", "01") == (0, f"exercises/{STAGE}/locustfile.py: the starter is back\n")
    assert (clone.path / "exercises" / STAGE / "locustfile.py").read_text() == "starter\n"


@pytest.mark.parametrize("option", ["-S", "-I", "-P"])
def test_before_any_set_up_it_needs_the_standard_library_alone(clone: Clone, option: str) -> None:
    prefix = (sys.executable, option)
    assert clone.run("reset", "01", prefix=prefix)[0] == 0
    for words in (["demo", "99"], ["check", "99"], ["grade", "nowhere"]):
        assert clone.run(*words, prefix=prefix)[1].startswith("workshop.py: there is no ")


def test_the_launcher_is_short_and_of_the_standard_library() -> None:
    text = (ROOT / "workshop.py").read_text(encoding="utf-8")
    assert text.count("\n") <= 250
    names = {*re.findall(r"^ *(?:from|import) (\w+)", text, re.MULTILINE)}
    assert names - sys.stdlib_module_names == {"course"}


def test_each_sentence_of_a_demo_belongs_to_a_stage() -> None:
    told = {file.stem.removeprefix("stage_") for file in (ROOT / "course" / "demos").glob("stage_*.py")}
    assert told <= {stage.number for stage in STAGES.values() if not stage.demo.script}


def test_a_demo_without_a_sentence_of_its_own_gets_a_plain_one() -> None:
    rows = {"Aggregated": {"Request Count": "12", "Failure Count": "3", "Median Response Time": "7"}}
    assert demos.seen(Stage("98_another_one"), rows) == (
        "12 requests, 3 of them failed; half of the answers took 7 ms or less."
    )


@pytest.mark.parametrize("version", [(3, 6), (3, 7), (3, 10)])
def test_parses_on_old_pythons(version: tuple[int, int]) -> None:
    ast.parse((ROOT / "workshop.py").read_text(encoding="utf-8"), feature_version=version)


def old_pythons() -> list[str]:
    """Returns the old interpreters on PATH that start."""
    found = [path for minor in range(6, 11) if (path := shutil.which(f"python3.{minor}"))]
    return [
        path for path in found if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0
    ]


def test_old_python_gets_one_line(clone: Clone) -> None:
    (clone.path / "sitecustomize.py").write_text("import sys; sys.version_info = (3, 7, 16, 'final', 0)")
    pretended = clone.run("demo", PYTHONPATH=str(clone.path))
    for status, output in [pretended, *(clone.run("demo", prefix=(path,)) for path in old_pythons())]:
        assert status == 1
        assert output.startswith("workshop.py: this is Python 3.")
        assert "the workshop needs 3.11 or newer. Get one from https://www.python.org/downloads/" in output
        assert output.count("\n") == 1


@pytest.mark.parametrize("words", [["help"], ["reset", "01"], ["grade", "--help"]])
def test_output_that_nobody_reads_ends_it_quietly(clone: Clone, words: list[str]) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "workshop.py", *words]
    finished = subprocess.run(
        command, cwd=clone.path, env=clone.environment, stdout=writes, stderr=subprocess.PIPE, check=False
    )
    os.close(writes)
    assert (finished.returncode, finished.stderr) == (141, b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows lets few people make links")
def test_a_link_that_leads_nowhere_is_no_mistake_of_the_command(clone: Clone) -> None:
    (clone.path / "dangling").symlink_to("nowhere")
    (clone.path / "loop").symlink_to("loop")
    assert clone.run("grade", "dangling", "loop", "no_such", "--task", "77")[1] == (
        "workshop.py: there is no no_such: nothing was graded.\n"
    )
