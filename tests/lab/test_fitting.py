"""Fitting: what the entry writes is read back with types; anything else in a record is left out."""

import json
from pathlib import Path

import pytest

from checks.lab import untrusted as fitting
from checks.lab.locust import record
from checks.lab.locust.record import Fault, Record, ThinkTime, UserClass, began, has_declared

WAIT = {"kind": "wait", "visitor": "a", "start": 1.5, "asked": 2, "actual": 0.05}
DECLARED = {
    "kind": "declared",
    "shape": "",
    "users": [{"name": "User", "host": None, "fixed_count": 0}],
    "constants": {"LIMIT": 3},
    "worker": "",
}


def read(tmp_path: Path, *lines: object) -> Record:
    file = tmp_path / "record.jsonl"
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return Record.read(file)


def test_what_the_entry_writes_is_read_back(tmp_path: Path) -> None:
    found = read(tmp_path, {"kind": "began", "time": 7.5}, DECLARED, WAIT)
    assert found.began == 7.5
    assert found.users == (UserClass("User", None, 0),)
    assert found.waits == (ThinkTime("a", 1.5, 2.0, 0.05),)
    assert found.constants == {"LIMIT": 3}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'{"kind": "wait"',
        b'{"kind": "wait"}',
        b'{"kind": ["wait"]}',
        b'{"kind": {}}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind": "wait", "asked": ' + b"9" * 5_000 + b"}",
        {**WAIT, "asked": "2"},
        {**WAIT, "asked": True},
        {**WAIT, "asked": float("nan")},
        {**WAIT, "actual": float("inf")},
        {**WAIT, "start": None},
        {**WAIT, "start": 10**400},
        {**WAIT, "more": 1},
        {"kind": "figures", "exit_code": 0, "rows": {}, "failures": []},
        {"kind": "figures", "exit_code": 0, "rows": [{"method": "GET"}], "failures": []},
        {"kind": "figures", "exit_code": "none", "rows": [], "failures": []},
        {**DECLARED, "users": 7},
        {**DECLARED, "users": [[]]},
        {**DECLARED, "constants": {"LIMIT": "3"}},
        {"kind": "crash", "line": "x", "file": ""},
        {"kind": "unheard of"},
    ],
)
def test_what_is_not_the_entrys_own_is_left_out(tmp_path: Path, line: object) -> None:
    assert read(tmp_path, line, WAIT) == Record(waits=(ThinkTime("a", 1.5, 2.0, 0.05),))


def test_words_are_words_whatever_was_written(tmp_path: Path) -> None:
    found = read(tmp_path, {"kind": "error", "file": "a.py", "line": 3, "error": ["odd"]})
    assert found.errors == (Fault("a.py", 3, "['odd']"),)


def test_nothing_is_read_past_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_BYTES", 200)
    assert len(read(tmp_path, *[WAIT] * 100).waits) == 2
    monkeypatch.setattr(fitting, "MOST_LINES", 1)
    assert len(read(tmp_path, *[WAIT] * 100).waits) == 1
    monkeypatch.setattr(record, "LONGEST_LINE", 20)
    assert read(tmp_path, WAIT).waits == ()


def test_a_record_tells_how_far_the_process_came(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    assert (began(file), has_declared(file)) == (False, False)
    file.touch()  # in exam mode the cell makes it beforehand
    assert (began(file), has_declared(file)) == (False, False)
    file.write_text('{"kind": "began"}\n')
    assert (began(file), has_declared(file)) == (True, False)
    file.write_text(json.dumps(DECLARED))
    assert (began(file), has_declared(file)) == (True, True)
