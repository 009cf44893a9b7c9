"""The submission: found in any shape, vetted, and copied without the files that must not take part."""

import os
import shutil
from pathlib import Path

import psutil
import pytest

from checks import stages as registry
from checks.lab.outcome import Failed, NotStarted
from checks.lab.submission import tree
from checks.lab.submission.answer import MAX_BYTES, MAX_FILES, find
from checks.lab.submission.tree import Folder
from checks.stages import EXERCISES, ROOT, TAKE_HOME, Stage, named

needs_links = pytest.mark.skipif(os.name == "nt", reason="Windows lets few people make links")
STAGE, OTHER = "01_first", "02_second"
STARTER = b"# TODO\npass\n"
CODE = "print(1)\n"


@pytest.fixture(autouse=True)
def starters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "starters"
    for stage in (STAGE, OTHER):
        write(folder / stage, locustfile=STARTER.decode())
    monkeypatch.setattr(registry, "STARTERS", folder)
    monkeypatch.setattr(registry, "STAGES", {**registry.STAGES, STAGE: Stage(STAGE), OTHER: Stage(OTHER)})


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    """Return an empty folder of stages."""
    (tmp_path / "stages" / STAGE).mkdir(parents=True)
    return tmp_path / "stages"


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def copied(path: Path, to: Path) -> list[str]:
    """Return the names of the files that take part."""
    find(path, STAGE).copy_to(to)
    return sorted(file.relative_to(to).as_posix() for file in to.rglob("*") if file.is_file())


def test_a_single_file_is_a_submission_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path / "in", my_test=CODE, another=CODE)
    assert find(tmp_path / "in" / "my_test.py", STAGE).locustfile == "my_test.py"
    assert copied(tmp_path / "in" / "my_test.py", tmp_path / "out") == ["my_test.py"]


def test_a_stages_own_folder_is_a_submission(tmp_path: Path) -> None:
    assert find(write(tmp_path / STAGE, locustfile=CODE), STAGE).folder == tmp_path / STAGE
    assert find(write(tmp_path / "anything", locustfile=CODE), STAGE).locustfile == "locustfile.py"


def test_in_a_folder_of_stages_the_stage_is_found(stages: Path) -> None:
    write(stages / STAGE, locustfile=CODE)
    write(stages / OTHER, locustfile="raise")
    assert find(stages, STAGE).folder == stages / STAGE


def test_a_folder_of_other_stages_is_not_mistaken_for_this_one(stages: Path) -> None:
    shutil.rmtree(stages / STAGE)
    write(stages / OTHER, locustfile=CODE)
    write(stages, locustfile=CODE)
    with pytest.raises(NotStarted, match=STAGE):
        find(stages, STAGE)


def test_another_stages_own_folder_is_not_graded_as_this_one(stages: Path) -> None:
    with pytest.raises(NotStarted, match=STAGE):
        find(write(stages / OTHER, locustfile=CODE), STAGE)


def test_an_empty_folder_and_a_missing_one_are_not_started(stages: Path) -> None:
    with pytest.raises(NotStarted, match="no locustfile"):
        find(stages, STAGE)
    with pytest.raises(NotStarted):
        find(stages / "nowhere", STAGE)


@pytest.mark.parametrize(
    "text",
    [STARTER, STARTER.replace(b"\n", b"\r\n"), STARTER + b"\n\n", STARTER.replace(b"\n", b"  \n"), STARTER.rstrip()],
    ids=["word for word", "CRLF", "blank lines below", "trailing blanks", "no line end"],
)
def test_the_starter_unchanged_is_not_started(stages: Path, text: bytes) -> None:
    (stages / STAGE / "locustfile.py").write_bytes(text)
    for path in (stages, stages / STAGE, stages / STAGE / "locustfile.py"):
        with pytest.raises(NotStarted, match="the starter, unchanged"):
            find(path, STAGE)


@pytest.mark.parametrize("text", [b"# TODO\n  pass\n", b"#TODO\npass\n", b"", b"\xc3\xa9"])
def test_the_starter_with_any_change_is_started(stages: Path, text: bytes) -> None:
    (stages / STAGE / "locustfile.py").write_bytes(text)
    assert find(stages, STAGE).locustfile == "locustfile.py"


def test_a_lone_python_file_needs_no_name(tmp_path: Path) -> None:
    assert find(write(tmp_path / "in", anything=CODE), STAGE).locustfile == "anything.py"


def test_two_candidates_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"one\.py, two\.py") as refusal:
        find(write(tmp_path / "in", one=CODE, two=CODE), STAGE)
    assert "locustfile.py" in refusal.value.advice


def test_modules_and_data_go_along(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE, names=CODE)
    write(folder / "package", __init__="")
    (folder / "data").mkdir()
    (folder / "data" / "owners.csv").write_text("id\n")
    (folder / "data" / "owners.json").write_text("[]")
    assert copied(folder, tmp_path / "out") == [
        "data/owners.csv",
        "data/owners.json",
        "locustfile.py",
        "names.py",
        "package/__init__.py",
    ]


def test_what_must_not_take_part_stays(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    for name in (
        "__pycache__/locustfile.cpython-311.pyc",
        "__pycache__/planted.py",
        ".venv/lib/locust.py",
        ".hidden.py",
        "locustfile.py.bak",
        "locust.conf",
        "pyproject.toml",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    assert copied(folder, tmp_path / "out") == ["locustfile.py"]


@needs_links
@pytest.mark.parametrize("suffix", ["py", "csv"])
def test_a_link_is_refused(tmp_path: Path, suffix: str) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    (folder / f"owners.{suffix}").symlink_to(secret)
    with pytest.raises(Failed, match=rf"owners\.{suffix} is a link"):
        find(folder, STAGE)


@needs_links
def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    (folder / "data").symlink_to(write(tmp_path / "elsewhere", secret=CODE), target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert copied(folder, tmp_path / "out") == ["locustfile.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_refused_and_not_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", names=CODE)
    os.mkfifo(folder / "locustfile.py")
    with pytest.raises(Failed, match=r"locustfile\.py is a link or a special file"):
        find(folder, STAGE)


def test_a_folder_with_a_files_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "in" / "locustfile.py").mkdir(parents=True)
    with pytest.raises(NotStarted, match="no locustfile"):
        find(tmp_path / "in", STAGE)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    for number in range(MAX_FILES - 1):
        (folder / f"{number}.csv").touch()
    assert len(find(folder, STAGE).files) == MAX_FILES
    (folder / "one_more.csv").touch()
    with pytest.raises(Failed, match=f"more than {MAX_FILES} files"):
        find(folder, STAGE)


def test_too_large_files_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    with (folder / "owners.csv").open("wb") as file:
        file.truncate(MAX_BYTES)
    with pytest.raises(Failed, match="10 MB"):
        find(folder, STAGE)


def test_the_submission_itself_stays_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    find(folder, STAGE).copy_to(tmp_path / "out")
    (tmp_path / "out" / "locustfile.py").write_text("changed")
    assert (folder / "locustfile.py").read_text() == CODE


@pytest.fixture
def take_home(tmp_path: Path) -> Path:
    """Return a candidate's whole folder, with an answer in it."""
    write(registry.STARTERS / TAKE_HOME / "simulations", demo_locustfile=STARTER.decode())
    write(tmp_path / "ann" / "simulations", demo_locustfile=CODE, helper=CODE)
    return write(tmp_path / "ann", api=CODE)


@pytest.mark.parametrize("place", ["", "simulations", "simulations/demo_locustfile.py"])
def test_of_the_take_home_any_of_three_places_will_do(take_home: Path, tmp_path: Path, place: str) -> None:
    found = find(take_home / place, TAKE_HOME)
    assert (found.folder, found.locustfile) == (take_home / "simulations", "demo_locustfile.py")
    found.copy_to(tmp_path / "out")
    names = {file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*")}
    assert names == {"demo_locustfile.py"} | ({"helper.py"} if not place.endswith(".py") else set())


def test_among_stages_the_take_home_is_found_by_its_name(take_home: Path, stages: Path) -> None:
    shutil.move(take_home, stages / TAKE_HOME)
    assert find(stages, TAKE_HOME).folder == stages / TAKE_HOME / "simulations"


def test_the_exercise_of_the_take_home_lies_beside_the_stages(take_home: Path) -> None:
    assert find(EXERCISES, TAKE_HOME).folder == ROOT / TAKE_HOME / "simulations"


def test_the_starter_of_the_take_home_is_not_started_and_needs_its_name(take_home: Path) -> None:
    write(take_home / "simulations", demo_locustfile=STARTER.decode())
    (take_home / "simulations" / "helper.py").unlink()
    with pytest.raises(NotStarted, match="starter"):
        find(take_home, TAKE_HOME)
    (take_home / "simulations" / "demo_locustfile.py").unlink()
    with pytest.raises(NotStarted, match=r"no demo_locustfile\.py"):
        find(take_home, TAKE_HOME)


@pytest.mark.parametrize("place", ["", "simulations", "simulations/demo_locustfile.py"])
def test_an_answer_to_the_take_home_is_none_to_a_stage(take_home: Path, place: str) -> None:
    with pytest.raises(NotStarted, match="take-home"):
        find(take_home / place, STAGE)


@pytest.mark.parametrize("name", ["conftest", "sitecustomize", "usercustomize"])
def test_what_python_and_pytest_run_unasked_stays(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "in", locustfile=CODE, **{name: CODE})
    assert copied(folder, tmp_path / "out") == ["locustfile.py"]


@pytest.mark.parametrize("stage", ["02_stress_test", "04_master_worker"])
def test_each_stage_has_its_own_files(tmp_path: Path, stage: str) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    for name in ("findings.toml", "master.conf", "worker.conf", "locust.conf"):
        (folder / name).write_text("")
    names = {file.name for file in find(folder, stage).files}
    assert names == {"locustfile.py", *named(stage).taken}


@pytest.mark.parametrize("name", ["a,b.py", "-f.py", "--headless.py"])
def test_a_name_that_locust_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text(CODE)
    for path in (tmp_path / "in", tmp_path / "in" / name):
        with pytest.raises(Failed, match="misread"):
            find(path, STAGE)


@pytest.mark.parametrize("name", ["my-solution.py", "demo (1).py", "lösung.py", "a b.py"])
def test_other_names_are_fine(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text(CODE)
    assert copied(tmp_path / "in" / name, tmp_path / "out") == [name]


def test_it_is_read_once_whatever_becomes_of_it_later(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    found = find(folder, STAGE)
    shutil.rmtree(folder)
    write(tmp_path / "elsewhere", locustfile="evil")
    (tmp_path / "in").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert found.read(folder / "locustfile.py").decode() == CODE
    found.copy_to(tmp_path / "out")
    assert (tmp_path / "out" / "locustfile.py").read_text() == CODE


# --- links


@needs_links
@pytest.mark.parametrize("goal", ["../neighbour", "../nowhere", "."])
def test_a_link_as_stage_folder_is_refused(stages: Path, goal: str) -> None:
    shutil.rmtree(stages / STAGE)
    write(stages.parent / "neighbour", locustfile=CODE)
    (stages / STAGE).symlink_to(goal, target_is_directory=True)
    with pytest.raises(Failed, match=f"{STAGE} is a link"):
        find(stages, STAGE)
    with pytest.raises(NotStarted, match=OTHER):
        find(stages, OTHER)


@needs_links
def test_a_link_as_the_folder_of_the_take_home_is_refused(take_home: Path, tmp_path: Path) -> None:
    lazy = tmp_path / "lazy"
    lazy.mkdir()
    (lazy / "simulations").symlink_to(take_home / "simulations", target_is_directory=True)
    with pytest.raises(Failed, match="simulations is a link"):
        find(lazy, TAKE_HOME)
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / TAKE_HOME).symlink_to(take_home, target_is_directory=True)
    with pytest.raises(Failed, match=f"{TAKE_HOME} is a link"):
        find(tmp_path / "all", TAKE_HOME)


@needs_links
@pytest.mark.parametrize("name", ["locustfile.py", "findings.toml"])
def test_a_link_beside_a_single_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "in", mine=CODE)
    (folder / name).symlink_to(folder / "mine.py")
    if name == "findings.toml":
        with pytest.raises(Failed, match=r"findings\.toml is a link"):
            find(folder / "mine.py", "02_stress_test")
    assert find(folder / "mine.py", STAGE).files == (folder / "mine.py",)


@needs_links
def test_links_that_are_passed_over_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    (folder / "data").mkdir()
    (folder / "data" / "shared").symlink_to("../../elsewhere")
    (folder / ".venv").symlink_to("/nowhere")
    assert find(folder, STAGE).links == ("data/shared -> ../../elsewhere",)


# --- its words


def test_what_it_says_in_words_takes_no_part_but_is_kept(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    (folder / "NOTES.md").write_text("Hello.")
    found = find(folder, STAGE)
    assert (found.words, found.files) == (b"Hello.", (folder / "locustfile.py",))


# --- names, encodings, amounts


@pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")
@pytest.mark.parametrize(
    "name", [b"Zo\xeb.csv", b"a\nb.csv", b"a" * 201 + b".csv", b"d" * 101 + b"/" + b"d" * 101 + b".py"]
)
def test_a_name_that_other_systems_would_not_take_is_refused(tmp_path: Path, name: bytes) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    file = folder / os.fsdecode(name)
    file.parent.mkdir(exist_ok=True)
    file.touch()
    with pytest.raises(Failed, match="not every system takes the name"):
        find(folder, STAGE)


@pytest.mark.skipif(os.name == "nt", reason="no such names on Windows")
def test_names_of_what_takes_no_part_are_nobodys_business(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    (folder / os.fsdecode(b"\xe9.png")).touch()
    assert copied(folder, tmp_path / "out") == ["locustfile.py"]


@pytest.mark.parametrize("name", ["locustfile.py", "package/helper.py"])
def test_python_that_is_not_utf_8_is_refused_with_file_and_line(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes("# one\n# z\xfcrich\n".encode("latin-1"))
    with pytest.raises(Failed, match=f"{name}, line 2: is not UTF-8") as refusal:
        find(folder, STAGE)
    assert "save it again as UTF-8" in refusal.value.advice


def test_data_may_be_in_any_encoding(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    (folder / "owners.csv").write_bytes("Z\xfcrich".encode("utf-16"))
    assert find(folder, STAGE).read(folder / "owners.csv").startswith(b"\xff\xfe")


def test_folders_without_end_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    (folder / "/".join("d" * tree.DEEPEST)).mkdir(parents=True)
    assert copied(folder, tmp_path / "out") == ["locustfile.py"]
    (folder / "/".join("d" * tree.DEEPEST) / "d").mkdir()
    with pytest.raises(Failed, match=f"more than {tree.DEEPEST} folders in each other"):
        find(folder, STAGE)


def test_entries_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    for number in range(20):
        (folder / f"{number}.png").touch()
    monkeypatch.setattr(tree, "MOST_ENTRIES", 21)
    assert find(folder, STAGE).locustfile == "locustfile.py"
    monkeypatch.setattr(tree, "MOST_ENTRIES", 20)
    with pytest.raises(Failed, match="more than 20 files and folders"):
        find(folder, STAGE)


def test_no_more_is_read_than_may_take_part(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)
    for number in range(40):
        with (folder / f"{number}.csv").open("wb") as file:
            file.truncate(1 << 36)
    before = read_bytes()
    with pytest.raises(Failed, match="10 MB"):
        find(folder, STAGE)
    assert read_bytes() - before < 2 * MAX_BYTES


def read_bytes() -> int:
    """Return how many bytes this process has read so far; 0 if the system does not tell."""
    return (
        int(getattr(psutil.Process().io_counters(), "read_chars", 0)) if hasattr(psutil.Process, "io_counters") else 0
    )


def test_a_file_that_can_not_be_read_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "in", locustfile=CODE)

    def closed(self: Folder, name: str, most: int) -> bytes:
        raise PermissionError(13, "Permission denied", name)

    monkeypatch.setattr(Folder, "read", closed)
    with pytest.raises(Failed, match=r"locustfile\.py can't be opened \(Permission denied\)"):
        find(folder, STAGE)
