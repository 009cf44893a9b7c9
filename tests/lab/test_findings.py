"""Findings: found beside the locustfile, read with care, refused in a sentence."""

import os
from pathlib import Path

import pytest

from checks.lab.outcome import Failed, NotStarted
from checks.lab.submission.answer import find
from checks.lab.submission.findings import Findings, read_findings, shared, told
from checks.stages import STARTERS

STAGE = "02_stress_test"
GOOD = 'name = "Ada"\nmax_throughput_rps = 50.5\nusers_at_saturation = 12\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a submission without findings."""
    (tmp_path / "locustfile.py").write_text("# mine\n")
    return tmp_path


def read(folder: Path, text: str | bytes, locustfile: str = "") -> Findings:
    (folder / "findings.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_findings(find(folder / locustfile, STAGE))


@pytest.mark.parametrize("locustfile", ["", "locustfile.py"])
def test_they_lie_beside_the_locustfile_however_that_was_named(folder: Path, locustfile: str) -> None:
    assert read(folder, GOOD, locustfile) == Findings("Ada", 50.5, 12)


@pytest.mark.parametrize("text", [GOOD.replace("\n", "\r\n"), b"\xef\xbb\xbf" + GOOD.encode(), GOOD + "note = 1\n"])
def test_what_editors_add_does_no_harm(folder: Path, text: str | bytes) -> None:
    assert read(folder, text) == Findings("Ada", 50.5, 12)


def test_a_decimal_comma_is_told_by_its_name(folder: Path) -> None:
    with pytest.raises(Failed) as failure:
        read(folder, GOOD.replace("50.5", "50,5"))
    assert "a point: 50.5" in failure.value.advice


def test_without_the_file_there_is_nothing_to_judge(folder: Path) -> None:
    with pytest.raises(NotStarted, match=r"write findings\.toml beside"):
        read_findings(find(folder, STAGE))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", "no name"),
        ("max_throughput_rps 50", "not TOML"),
        ("x = " + "[" * 3_000, "not TOML"),
        ("# " + "x" * 5_000, "more than 4 kB"),
        (GOOD.replace("12", "0x" + "f" * 3_800), "users_at_saturation with thousands of digits"),
        (GOOD.encode("utf-16"), "not UTF-8"),
        (GOOD.replace('"Ada"', "7"), "name = 7"),
        (GOOD.replace("50.5", '"50.5"'), "max_throughput_rps = '50.5'"),
        (GOOD.replace("50.5", "true"), "max_throughput_rps = True"),
        (GOOD.replace("50.5", "-50.5"), "nobody can measure"),
        (GOOD.replace("50.5", "inf"), "nobody can measure"),
        (GOOD.replace("50.5", "nan"), "nobody can measure"),
        (GOOD.replace("12", "9" * 400), "nobody can measure"),
        (GOOD.replace("users_at_saturation", "users"), "no users_at_saturation"),
        (GOOD + GOOD, "not TOML"),
    ],
)
def test_what_can_not_be_a_finding_is_told_in_a_sentence(folder: Path, text: str | bytes, seen: str) -> None:
    with pytest.raises(Failed) as refusal:
        read(folder, text)
    assert seen in refusal.value.seen
    assert refusal.value.advice


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("locustfile", ["", "locustfile.py"])
def test_a_named_pipe_is_refused_and_not_read(folder: Path, locustfile: str) -> None:
    os.mkfifo(folder / "findings.toml")
    with pytest.raises(Failed, match=r"findings\.toml is a link or a special file"):
        find(folder / locustfile, STAGE)


def test_the_starter_with_findings_beside_it_is_started(tmp_path: Path) -> None:
    starter = STARTERS / STAGE / "locustfile.py"
    (tmp_path / "locustfile.py").write_bytes(starter.read_bytes())
    with pytest.raises(NotStarted, match="unchanged"):
        find(tmp_path, STAGE)
    (tmp_path / "findings.toml").write_text(GOOD)
    assert find(tmp_path, STAGE).locustfile == "locustfile.py"


@pytest.mark.parametrize("name", ["master.conf", "worker.conf"])
def test_configuration_of_master_and_worker_goes_along_and_no_other(folder: Path, name: str) -> None:
    for file in (name, "locust.conf", "pyproject.toml"):
        (folder / file).write_text("")
    assert [file.name for file in find(folder, "04_master_worker").files] == ["locustfile.py", name]


def facts(name: str, rps: float = 66.9, users: float = 20) -> dict[str, object]:
    return {"name": name, "max_throughput_rps": rps, "users_at_saturation": users}


def test_findings_that_come_twice_in_a_round_are_named_on_both() -> None:
    told = [facts("Ada"), facts(" ADA ", 67.2), facts("Bob", 50, 12), facts("Eve", 50, 12), facts("Zoe", 80), {}, {}]
    assert shared(["ada", "ann", "bob", "eve", "zoe", "x", "y"], told) == [
        "the same mystery shop as ann",
        "the same mystery shop as ada",
        "the same findings as eve",
        "the same findings as bob",
        *[""] * 3,
    ]


def test_of_many_that_share_a_shop_some_are_named() -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    notes = shared(names, [facts("Your Name", n) for n in range(1, 7)])
    assert notes[0] == "the same mystery shop as b, c, d and 2 more"


def test_report_json_has_what_can_be_read(folder: Path) -> None:
    assert told(find(folder, STAGE)) == {}
    (folder / "findings.toml").write_text(GOOD)
    assert told(find(folder, STAGE)) == {"name": "Ada", "max_throughput_rps": 50.5, "users_at_saturation": 12.0}
