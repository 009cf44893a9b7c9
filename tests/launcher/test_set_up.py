"""The set-up of .venv with one tiny package, a stand-in for pytest: `check` shows that it was installed and called."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.launcher.clone import Clone, launcher_files, wait_for

STAND_IN = "import sys; print('stand-in', *sys.argv[1:], flush=True); sys.exit(7)"
MADE, INSTALLED = "Making .venv with Python", "Set-up done."

NO_ENSUREPIP = """
import importlib.machinery as machinery
find = machinery.PathFinder.find_spec
machinery.PathFinder.find_spec = lambda name, *rest: None if name == "ensurepip" else find(name, *rest)
"""

NO_ROOM = """
def build_wheel(*_):
    raise OSError(28, "No space left on device")
"""


def wheel(folder: Path) -> None:
    """Writes stand-in 1.0 into the folder: a wheel whose only module is `pytest`."""
    files = {
        "pytest/__init__.py": "",
        "pytest/__main__.py": STAND_IN,
        "stand_in-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: stand-in\nVersion: 1.0\n",
        "stand_in-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files["stand_in-1.0.dist-info/RECORD"] = "".join(f"{name},,\n" for name in files)
    with zipfile.ZipFile(folder / "stand_in-1.0-py3-none-any.whl", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def empty_clone(folder: Path, wheels: Path) -> Clone:
    """Returns a clone that was never set up and needs no network."""
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels.as_uri()}
    clone = Clone(folder, [*launcher_files(), Path("pyproject.toml")], **offline)
    (clone.path / "requirements.txt").write_text("# one line\n\nstand-in==1.0  # the test's own; nothing else\n")
    return clone


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    wheel(folder)
    return folder


@pytest.fixture
def fresh(tmp_path: Path, wheels: Path) -> Clone:
    return empty_clone(tmp_path, wheels)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> tuple[Clone, str]:
    """A clone after its first command, and that command's output."""
    clone = empty_clone(tmp_path_factory.mktemp("first"), wheels)
    status, output = clone.run("check", "-k", "01")
    assert status == 7, output
    return clone, output


@pytest.fixture
def clone(fresh: Clone, first: tuple[Clone, str]) -> Clone:
    """A clone with a finished set-up, to break at will."""
    shutil.copytree(first[0].venv, fresh.venv, symlinks=True)
    return fresh


def last_line(output: str) -> str:
    return output.splitlines()[-1]


def test_first_start_shows_each_step(first: tuple[Clone, str]) -> None:
    clone, output = first
    steps = [MADE, "Installing requirements.txt", "Successfully installed stand-in-1.0", INSTALLED, "stand-in -c"]
    assert sorted(steps, key=output.index) == steps
    assert last_line(output) == f"stand-in -c {clone.path / 'pyproject.toml'} {clone.path / 'checks'} -k 01"


def test_second_start_does_no_set_up(clone: Clone) -> None:
    status, output = clone.run("check")
    assert status == 7
    assert output.startswith("stand-in")


def test_changed_requirements_are_installed(clone: Clone) -> None:
    with (clone.path / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    status, output = clone.run("check")
    assert (status, MADE in output, INSTALLED in output) == (7, False, True)
    assert clone.run("check")[1].startswith("stand-in")


def test_the_courses_own_tests_bring_their_own_requirements_and_nothing_else_does(clone: Clone) -> None:
    own = clone.path / "tests" / "requirements.txt"
    own.parent.mkdir()
    own.write_text("stand-in==1.0\n")
    assert clone.run("check")[1].startswith("stand-in")
    status, output = clone.run("test")
    assert (status, MADE in output, INSTALLED in output) == (7, False, True)
    assert "Installing requirements.txt and tests/requirements.txt into .venv" in output
    for word in ("test", "check"):
        assert clone.run(word)[1].startswith("stand-in")


UV = """#!/bin/sh
echo "uv $1 $2 $3"
shift 4
{ending}
"""


@pytest.mark.skipif(os.name == "nt", reason="a stand-in for uv that is a shell script")
@pytest.mark.parametrize(
    ("ending", "said"), [('eval "$PIP" "$@"', ""), ("false", "now pip tries")], ids=["able", "unable"]
)
def test_uv_installs_where_there_is_one_and_pip_where_it_fails(fresh: Clone, ending: str, said: str) -> None:
    program = fresh.temporary / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(UV.format(ending=ending))
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{fresh.environment['PATH']}"
    status, output = fresh.run("check", PATH=path, PIP=f"'{fresh.python}' -m pip install")
    assert (status, INSTALLED in output, "uv pip install --python" in output) == (7, True, True)
    assert said in output
    assert ("Successfully installed stand-in-1.0" in output) == (status == 7)


def with_lab(clone: Clone, probe: str | None) -> Clone:
    """Gives the clone a stand-in for the round, which prints its arguments, and a stand-in for the probe or none."""
    lab = clone.path / "checks" / "lab"
    (lab / "batch").mkdir(parents=True)
    (lab / "batch" / "__main__.py").write_text(STAND_IN)
    if probe is not None:
        (lab / "exam.py").write_text(probe)
    return clone


WORKS = "import sys; assert sys.argv[1:] == ['--probe']; print('exam mode works here')"


@pytest.mark.parametrize(
    ("probe", "words", "mode"),
    [
        (WORKS, (), "exam"),
        (WORKS, ("--practice",), "practice"),
        ("raise SystemExit(1)", ("--practice",), "practice"),
        (None, ("--practice",), "practice"),
    ],
    ids=["works", "works, unwanted", "fails, unwanted", "missing, unwanted"],
)
def test_grade_isolates_strangers_unless_told_otherwise(
    clone: Clone, probe: str | None, words: tuple[str, ...], mode: str
) -> None:
    status, output = with_lab(clone, probe).run("grade", ".", "--jobs", "3", "--seed", "5", *words)
    assert status == 7
    assert last_line(output) == (
        f"stand-in --out {clone.path / 'report'} --jobs 3 --mode {mode} --seed 5 --here {clone.path} -- {clone.path}"
    )


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        ("""raise SystemExit("exam mode is not available: it needs bubblewrap")""", ": it needs bubblewrap"),
        ("print('not today'); raise SystemExit(1)", " here: not today"),
        ("raise SystemExit(1)", " here: its probe says nothing"),
        ("", " here: its probe says nothing"),
        ("import os; os.kill(os.getpid(), 15)", " here: its probe says nothing"),
    ],
    ids=["refuses", "refuses on stdout", "fails in silence", "succeeds in silence", "is killed"],
)
def test_grade_stops_where_the_probe_is_no_yes(clone: Clone, probe: str, reason: str) -> None:
    status, output = with_lab(clone, probe).run("grade", ".")
    shown = f"exam mode is not available{reason}"
    assert (status, output) == (1, f"workshop.py: {shown}; or grade with --practice: not isolated.\n")
    assert not (clone.path / "report").exists()


@pytest.mark.parametrize(
    ("probe", "missing"),
    [
        (None, "No module named checks.lab.exam"),
        ("import checks.lab.no_such", "No module named 'checks.lab.no_such'"),
        ("""raise SystemExit("exam mode is not available: [Errno 2] No such file: checks/a.py")""", "checks/a.py"),
    ],
    ids=["its probe", "a module", "a file"],
)
def test_grade_stops_where_the_course_is_incomplete(clone: Clone, probe: str | None, missing: str) -> None:
    status, output = with_lab(clone, probe).run("grade", ".")
    assert (status, output.count("\n")) == (1, 1)
    assert output.startswith("workshop.py: this copy of the course is incomplete (")
    assert f"{missing}): get it again." in output
    assert not (clone.path / "report").exists()


def test_grade_stops_where_the_whole_lab_is_missing(clone: Clone) -> None:
    status, output = clone.run("grade", ".")
    assert (status, output.count("\n")) == (1, 1)
    assert "this copy of the course is incomplete" in output


def test_nothing_is_imported_from_where_the_user_stands(clone: Clone, tmp_path: Path) -> None:
    stands = tmp_path / "stands here"
    for name in ("pytest.py", "argparse.py", "course/__init__.py", "checks/__init__.py"):
        (stands / name).parent.mkdir(parents=True, exist_ok=True)
        (stands / name).write_text("raise SystemExit('imported from where the user stands')")
    for options in ((), ("-I",), ("-P",)):
        command = [sys.executable, *options, clone.path / "workshop.py", "check"]
        finished = subprocess.run(
            command, cwd=stands, env=clone.environment, capture_output=True, text=True, check=False
        )
        assert (finished.returncode, finished.stderr) == (7, "")
        assert finished.stdout.startswith("stand-in -c")


SLOW_START = """
import pathlib, sys, time
if not sys.flags.isolated:  # the probe of .venv is
    pathlib.Path(__file__).with_name("begun").touch()
    time.sleep(2)
"""


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_between_set_up_and_command_ends_it_quietly(clone: Clone, number: signal.Signals, status: int) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests that run under nohup ignore it, and pass that on
    (clone.packages() / "sitecustomize.py").write_text(SLOW_START)
    with clone.started("check") as run:
        wait_for((clone.packages() / "begun").exists, "the start of .venv's Python")
        run.process.send_signal(number)
        assert (run.ended(), run.output) == (status, "")


def lose_python(clone: Clone) -> None:
    clone.python.unlink()
    clone.python.symlink_to(clone.path / "gone" / "python")


def lose_pip(clone: Clone) -> None:
    shutil.rmtree(clone.packages() / "pip")


def lose_package(clone: Clone) -> None:
    shutil.rmtree(clone.packages() / "pytest")


def cut_short(clone: Clone) -> None:
    """Leaves .venv as after a set-up that was killed while it installed pip."""
    (clone.venv / "workshop-stamp").unlink()
    shutil.rmtree(next(clone.packages().glob("pip-*.dist-info")))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lose_python, "its Python does not start"),
        (lose_pip, "missing or incomplete: pip"),
        (lose_package, "missing or incomplete: stand-in"),
        (cut_short, "missing or incomplete: pip"),
    ],
)
def test_broken_venv_is_made_anew(clone: Clone, damage: Callable[[Clone], None], reason: str) -> None:
    damage(clone)
    status, output = clone.run("check")
    assert status == 7
    assert output.startswith(f".venv is not usable ({reason}): it is made anew.\n{MADE}")
    assert clone.run("check")[1].startswith("stand-in")


def test_venv_of_another_python_is_made_anew(clone: Clone) -> None:
    other = f"3.{sys.version_info[1] + 1}"
    (clone.path / "sitecustomize.py").write_text(
        f"import sys; sys.version_info = (3, {sys.version_info[1] + 1}, 0, 'final', 0)"
    )
    status, output = clone.run("check", PYTHONPATH=str(clone.path))
    assert status == 1  # this Python only pretends, so the .venv that it makes is still wrong
    assert output.startswith(f".venv is not usable (it holds Python 3.{sys.version_info[1]}, this is {other})")


def test_venv_python_does_not_saw_off_its_branch(clone: Clone) -> None:
    lose_package(clone)
    status, output = clone.run("check", prefix=(clone.python,))
    assert status == 1
    assert last_line(output) == (
        "workshop.py: this Python lives in .venv, which has to be made anew. Type `deactivate`, then run this again."
    )
    assert clone.python.exists()


def test_no_ensurepip(fresh: Clone) -> None:
    (fresh.path / "sitecustomize.py").write_text(NO_ENSUREPIP)
    status, output = fresh.run("check", PYTHONPATH=str(fresh.path))
    assert (status, output.count("\n")) == (1, 1)
    assert "no ensurepip" in output
    assert "sudo apt install python3-venv" in output
    assert not fresh.venv.exists()


def test_no_network(clone: Clone) -> None:
    (clone.path / "requirements.txt").write_text("absent-package==1.0\n")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening, so that no other program can take the port and answer
        index = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
        status, output = clone.run("check", PIP_INDEX_URL=index, PIP_NO_INDEX="0", PIP_FIND_LINKS="", PIP_RETRIES="1")
    assert status == 1
    assert "Retrying" in output
    assert last_line(output).startswith("workshop.py: pip can't reach a package index.")
    assert "HTTPS_PROXY" in last_line(output)
    assert "PIP_FIND_LINKS" in last_line(output)
    assert "Traceback" not in output


def test_full_disk(clone: Clone) -> None:
    package = clone.path / "package"
    package.mkdir()
    (package / "backend.py").write_text(NO_ROOM)
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (clone.path / "requirements.txt").write_text(f"broken @ {package.as_uri()}\n")
    status, output = clone.run("check")
    assert status == 1
    assert last_line(output).startswith("workshop.py: The disk is full.")


@pytest.mark.skipif(os.name == "nt", reason="folders have no write bit on Windows")
def test_folder_not_writable(fresh: Clone) -> None:
    as_user = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") if os.geteuid() == 0 else ()
    fresh.path.chmod(0o555)
    try:
        status, output = fresh.run("check", prefix=(*as_user, sys.executable))
    finally:
        fresh.path.chmod(0o755)
    assert status == 1
    assert last_line(output).startswith(
        "workshop.py: Writing is not permitted. Move the workshop to a folder of your own"
    )
    assert "Traceback" not in output


def test_two_at_the_same_time(fresh: Clone) -> None:
    with fresh.started("check") as one, fresh.started("check") as two:
        assert (one.ended(), two.ended()) == (7, 7)
        outputs = one.output + two.output
    assert outputs.count(MADE) == outputs.count(INSTALLED) == 1
    assert outputs.count("Another workshop.py is setting up .venv") == 1
    assert outputs.count("stand-in -c") == 2


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_interrupted_set_up_is_done_again(fresh: Clone, number: signal.Signals, status: int) -> None:
    with fresh.started("check") as run:
        run.said(MADE)
        wait_for(lambda: psutil.Process(run.process.pid).children(), "a child")
        children = psutil.Process(run.process.pid).children(recursive=True)
        run.process.send_signal(number)
        assert run.ended() == status
        assert "Traceback" not in run.output
        if number == signal.SIGINT or sys.platform == "linux":
            psutil.wait_procs(children, timeout=30)
            assert not [child for child in children if child.is_running()]
    again, output = fresh.run("check")
    assert again == 7, output
    assert INSTALLED in output
