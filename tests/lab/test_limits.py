"""Limits: whatever a submission writes, no reader of it takes long or needs much memory."""

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from checks.judging.cluster.announcements import announcements
from checks.judging.data.model import Form
from checks.lab.locust.record import MOST_BYTES, Record
from checks.lab.locust.run import LONGEST_LINE, MOST_PRINTED, printed
from checks.lab.outcome import plain
from checks.lab.report.timeline import timeline
from checks.lab.target.journal import Request
from checks.lab.target.server import Target
from checks.lab.untrusted import LONGEST_TEXT, MOST_LINES
from checks.lab.verdict.diagnosis import last_words, uncaught
from tests.lab.witness import journal

MIB = 1024**2
TEXTS = {
    "newlines": "\n",
    "blanks": " ",
    "colons": ":",
    "hashes": "##",
    "words": "##a",
    "tabs": "\n\t",
    "line separators": "\u2028",
    "brackets": "[",
    "digits": "1",
    "master": "no master ",
    "time": "[2026] a: ",
}


@pytest.mark.parametrize("unit", TEXTS.values(), ids=TEXTS.keys())
def test_a_message_of_megabytes(unit: str, quick: None) -> None:
    assert len(plain(unit * (4 * MIB // len(unit)))) <= 600


@pytest.mark.parametrize("unit", TEXTS.values(), ids=TEXTS.keys())
def test_what_is_printed_comes_in_short_lines(tmp_path: Path, unit: str, quick: None) -> None:
    log = tmp_path / "log"
    log.write_text(unit * (2 * MOST_PRINTED // len(unit)), encoding="utf-8")
    kept = printed(log)
    assert len(kept) <= MOST_PRINTED
    assert max(map(len, kept.split("\n"))) <= LONGEST_LINE
    for read in (announcements, uncaught, last_words):
        read(kept)


WAIT = json.dumps({"kind": "wait", "visitor": "a", "start": 1.0, "asked": 1.0, "actual": 0.1})


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        "\r\n",
        "{}\n",
        '{"kind": ' + "[" * 1000 + "\n",
        WAIT + "\n",
        '{"kind": "counted", "failure": "' + "x" * 2 * MIB + '"}\n',
    ],
    ids=["newlines", "both", "objects", "brackets", "waits", "texts"],
)
def test_a_record_of_its_largest_size(tmp_path: Path, unit: str) -> None:
    file = tmp_path / "record.jsonl"
    with file.open("w") as opened:
        for _ in range(MOST_BYTES // MIB):
            opened.write(unit * (MIB // len(unit)))
    process = psutil.Process()
    before, began = process.memory_info().rss, time.process_time()
    record = Record.read(file)
    assert time.process_time() - began < 10
    assert process.memory_info().rss - before < 200 * MIB
    assert len(record.waits) <= MOST_LINES


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "error", "file": "a", "line": 1, "error": "x" * MIB},
        {"kind": "counted", "request": 1, "milliseconds": 1.0, "failure": "x" * MIB},
        {"kind": "declared", "shape": "x" * MIB, "constants": {"x" * MIB: 1.0}},
    ],
    ids=["an error", "a message", "a name"],
)
def test_no_text_of_a_record_is_longer_than_anybody_reads(tmp_path: Path, facts: dict[str, Any]) -> None:
    file = tmp_path / "record.jsonl"
    file.write_text(json.dumps(facts) + "\n")
    record = Record.read(file)
    texts = [*(e.error for e in record.errors), *(c.failure or "" for c in record.counted), record.shape]
    assert max(map(len, [*texts, *record.constants])) == LONGEST_TEXT


@pytest.mark.parametrize("path", ["\n" * 16_000, "/" * 16_000, "/1" * 8_000, "/a-" * 5_000, "/users/" + "1" * 16_000])
def test_an_address_of_16_kb(path: str, quick: None) -> None:
    asked = [Request(f"v{n}", "GET", path, {path: [path]}, None, 200, n, n + 1, 1) for n in range(300)]
    timeline(Target("", journal(*asked)))
    assert not any(Form("/users/([^/]+)/posts").fits(each.path) for each in asked)
