"""The notes: what a person should look at is named with its line; plain code gets none."""

from pathlib import Path

import pytest

from checks.lab.notes import MAX_BYTES, MAX_NOTES, notes

ROOT = Path(__file__).resolve().parents[2]
PLAIN = [
    *ROOT.glob("solutions/**/*.py"),
    *ROOT.glob("checks/starters/**/*.py"),
    *ROOT.glob("jsonplaceholder_task/simulations/*.py"),
]


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_plain_solution_gets_none(file: Path) -> None:
    assert notes(file.name, file.read_bytes()) == []


@pytest.mark.parametrize(
    "source",
    [
        'open("users.csv")',
        'from pathlib import Path\nPath(__file__).with_name("users.csv").open()',
        'from pathlib import Path\n(Path(__file__).parent / "users.csv").read_text()',
        "from pathlib import Path\nPath(__file__).resolve().parents[0]",
        'client.get("/pets")\nclient.get("/../pets")',
        "from requests.exceptions import RequestException",
        "from requests import Response",
        "import gevent\ngevent.spawn(print)\ngevent.sleep(1)",
        "import os, sys\nos.environ['HOME']\nsys.argv[0]\nsys.exit(1)",
        "import locust.stats\nprint(locust.stats.PERCENTILES_TO_REPORT)",
        "class User:\n    host = ''\n    def on_start(self):\n        self.client.a = 1\n        setattr(self, 'a', 1)",
        "def judge(environment):\n    environment.process_exit_code = 1\n    environment.runner.x.y = 2",
        "code = 1\nimport codes\nfrom . import socket",
        '"""import threading, \\d"""',
    ],
)
def test_honest_idiom_gets_none(source: str) -> None:
    assert notes("a.py", source.encode()) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("import threading", "runs code beside Locust's users (imports threading)"),
        ("import gevent.threadpool as pool", "runs code beside Locust's users"),
        ("from concurrent.futures import ThreadPoolExecutor", "runs code beside Locust's users"),
        ("from concurrent import futures", "runs code beside Locust's users"),
        ("import subprocess as s", "starts processes (imports subprocess)"),
        ("import os; os.fork()", "starts processes (os.fork)"),
        ("import os as o; o.execv('a', [])", "starts processes (os.execv)"),
        ("from os import system as run; run('ls')", "starts processes (os.system)"),
        ("import os; os.kill(1, 9)", "ends processes without a word (os.kill)"),
        ("import socket", "opens connections of its own"),
        ("import urllib.request", "opens connections of its own"),
        ("from urllib import request", "opens connections of its own"),
        ("import requests; requests.get('http://a')", "opens connections of its own, which Locust does not count (req"),
        ("def f():\n    import ctypes", "reaches below Python (imports ctypes)"),
        ("eval('1')", "runs code that does not stand in the file (eval)"),
        ("exec(text)", "runs code that does not stand in the file (exec)"),
        ("__import__('os')", "runs code that does not stand in the file"),
        ("f.__globals__['a']", "runs code that does not stand in the file (__globals__)"),
        ("import importlib; importlib.import_module('a')", "runs code that does not stand in the file"),
        ("open('/etc/passwd')", "reads outside the submission ('/etc/passwd')"),
        ("open(r'C:\\a')", "reads outside the submission"),
        ("open('../solutions/a')", "reads outside the submission"),
        ("open(f'/proc/{pid}/mem')", "reads outside the submission"),
        ("from pathlib import Path; Path('~/a')", "reads outside the submission"),
        ("from pathlib import Path; Path(__file__).parent.parent / 'a'", "reads outside the submission"),
        ("from pathlib import Path; Path(__file__).parents[2]", "reads outside the submission"),
        ("from pathlib import Path; Path.home()", "reads outside the submission"),
        ("import locust.stats; locust.stats.CSV_STATS_INTERVAL_SEC = 1", "replaces code of a library (locust.stats."),
        ("from locust.clients import HttpSession; HttpSession.request = None", "replaces code of a library"),
        ("import requests as r; r.Session.send = None", "replaces code of a library (requests.Session.send)"),
        ("import time; time.sleep = print", "replaces code of a library (time.sleep)"),
        ("import gevent; setattr(gevent, 'sleep', print)", "replaces code of a library (setattr on gevent)"),
        ("from gevent import monkey; monkey.patch_all()", "replaces code of a library (imports gevent.monkey)"),
        ("from unittest import mock", "replaces code of a library"),
        ("import sys; sys.argv = []", "changes sys.argv"),
        ("import sys; sys.argv[1:] = []", "changes sys.argv"),
        ("import sys; sys.argv.append('-u')", "changes sys.argv"),
        ("from sys import argv; argv.append('-u')", "changes sys.argv"),
        ("import sys; del sys.modules['a']", "changes sys.modules"),
        ("import os; os.environ['A'] = 'b'", "changes os.environ"),
        ("a = 1  # \u202e reversed", "shows its text in another order than it runs"),
    ],
)
def test_a_note_names_the_line_and_the_reason(line: str, says: str) -> None:
    found = notes("a.py", f"\n\n{line}\n".encode())
    assert found
    assert all(note.startswith(("a.py:3: ", "a.py:4: ")) for note in found)
    assert any(says in note for note in found), found


@pytest.mark.parametrize(
    "source",
    [
        b"def",
        b"\0",
        b"\xff\xfe",
        b"(" * 5000,
        b"-" * 100_000 + b"1",
        b"a" + b".a" * 100_000 + b" = 1",
        b"x = " + b"[" * 90 + b"]" * 90 + b"\n" + b"x=" * 100_000 + b"1",
        b"'" + b"a" * MAX_BYTES + b"'",
    ],
    ids=range(8),
)
def test_what_can_not_be_read_takes_one_line_and_breaks_nothing(source: bytes) -> None:
    found = notes("a.py", source)
    assert len(found) <= 1
    assert all(note.startswith("a.py: not looked at, as it ") for note in found)


def test_many_notes_are_cut() -> None:
    found = notes("a.py", b"import socket\n" * 1000)
    assert len(found) == MAX_NOTES + 1
    assert found[-1] == f"a.py: {1000 - MAX_NOTES} more of the kind"
