"""The source: a reader that no submission can stop."""

import time

import pytest

from checks.lab.code.source import MAX_BYTES, Reading, reached, read, told

LONG = {
    "terms": b"x = " + b"a + " * 5000 + b"a",
    "a table of names": b"x = " + b"a," * (MAX_BYTES // 2 - 4),
    "statements": b"a;" * (MAX_BYTES // 2),
    "lists": b"x = [" + b"[]," * (MAX_BYTES // 3 - 3) + b"]",
    "3 MB": b"a," * 1_500_000,
    "nested brackets": b"(" * 5000,
    "signs": b"-" * 100_000 + b"1",
    "attributes": b"a" + b".a" * 100_000 + b" = 1",
    "attributes, just read": (b"a" + b".a" * 2900 + b"\n") * 22,
    "items": (b"a" + b"['b']" * 2900 + b"\n") * 8,
    "calls": (b"getattr(" * 90 + b"os" + b", 'a')" * 90 + b"\n") * 120,
    "comparisons": (b"x.host" + b" < 5" * 2900 + b"\n") * 11,
    "conditions": b"if x.host:\n  pass\n" + b"elif x.host > 5:\n  pass\n" * 900,
    "parents": (b"Path(a)" + b".parent" * 2000 + b"\n") * 9,
    "formatted": b"x = " + b"f'{a}' " * (MAX_BYTES // 7 - 1),
    "no text": b"\0" * MAX_BYTES,
    "no UTF-8": b"\xff\xfe" * 1000,
    "a string": b"'" + b"a" * MAX_BYTES + b"'",
}


@pytest.mark.parametrize("content", LONG.values(), ids=LONG.keys())
def test_the_worst_is_read_within_limits_and_harms_no_other_file(content: bytes) -> None:
    began = time.monotonic()
    found = read(
        {"locustfile.py": b"import bad, helper", "bad.py": content, "helper.py": b"import socket"}, "locustfile.py"
    )
    assert time.monotonic() - began < 45  # 10 s of CPU, and a start for each attempt, on a busy machine
    assert not found["locustfile.py"].trouble
    assert [line for line, _ in found["helper.py"].notes] == [1]


@pytest.mark.parametrize("name", ["terms", "3 MB", "nested brackets", "signs", "attributes", "no text", "a string"])
def test_what_can_not_be_read_says_so(name: str) -> None:
    found = read({"a.py": LONG[name]}, "a.py")["a.py"]
    assert found.trouble
    assert not found.words


def test_a_reader_that_ends_is_started_again_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.lab.code.reader.READER", 'import sys; print("{\\"notes\\": [[1,")')
    assert read({"a.py": b"a", "b.py": b"b"}, "a.py") == dict.fromkeys(
        ("a.py", "b.py"), Reading(trouble="reading it takes too much time or memory")
    )


def test_a_note_shows_what_no_terminal_and_no_file_takes() -> None:
    code = rb"import importlib" + b"\n" + rb'importlib.import_module("subprocess.\ud800\x1b[31m")'
    notes = [what for _, what in read({"a.py": code}, "a.py")["a.py"].notes]
    assert any("<U+D800>" in what for what in notes)
    assert not any("\x1b" in what or "\ud800" in what for what in notes)


def test_words_are_names_attributes_imports_and_texts_of_one_word() -> None:
    assert told("import os\nresponse.elapsed.seconds * x").words == {"os", "response", ".elapsed", ".seconds", "x"}
    code = 'from os import abort\ngetattr(runner, "quit")\nuser.stop()\nsay("no word of it")\n'
    assert told(code).words == {"abort", "getattr", "runner", "quit", "user", ".stop", "say"}


def test_a_method_that_sends_requests_and_is_no_task_is_idle() -> None:
    code = "class A(B):\n  @task\n  def a(self):\n    self.client.get('/')\n  def b(self):\n    self.client.get('/')\n"
    assert told(f"{code}  def c(self):\n    pass\n").idle == ((5, "b"),)


def test_what_is_reached_is_followed_through_packages() -> None:
    files = {
        "locustfile.py": b"from shop import data\nimport locust, unknown.thing",
        "shop/__init__.py": b"",
        "shop/data.py": b"from .deeper import rows",
        "shop/deeper.py": b"",
        "deeper.py": b"",
        "other.py": b"",
    }
    found = read(files, "locustfile.py")
    assert set(found) == set(files)
    assert reached("locustfile.py", found, files) == [
        *("locustfile.py", "shop/__init__.py", "shop/data.py", "shop/deeper.py"),
    ]
