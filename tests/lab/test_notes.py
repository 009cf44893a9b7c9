"""The notes: they name the lines that a person should look at; plain code gets none."""

from pathlib import Path

import pytest

from checks.lab.code.source import told

ROOT = Path(__file__).resolve().parents[2]
PLAIN = [
    *ROOT.glob("solutions/**/*.py"),
    *ROOT.glob("checks/starters/**/*.py"),
    *ROOT.glob("jsonplaceholder_task/simulations/*.py"),
]


def notes(source: str) -> list[str]:
    """Return the notes on a module, as lines."""
    reading = told(source)
    assert not reading.trouble
    return [f"{line}: {what}" for line, what in reading.notes]


@pytest.mark.parametrize("file", PLAIN, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_plain_solution_gets_none(file: Path) -> None:
    assert notes(file.read_text(encoding="utf-8")) == []


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
        "import os, sys\nprint(os.getpid(), os.getcwd(), sys.argv[0], __file__)\nsys.exit(1)",
        "import sys\nis_worker = '--worker' in sys.argv\nif is_worker:\n    pass",
        "def f(environment):\n    print(f'testing {environment.host}')\n    get(environment.host + '/pets')",
        "def f(environment):\n    if not environment.host:\n        raise ValueError",
        "def f(runner, alive):\n    return runner.target_user_count / len(alive) if alive else 0",
        "def f(runner, rows):\n    if not runner.target_user_count or runner.user_count > len(rows):\n        pass",
        "def f(options):\n    return options.num_users, options.spawn_rate",
        "def f(environment):\n    if environment.parsed_options.category == 'dog':\n        pass",
        "import time\ndef f():\n    a, start = 1, time.perf_counter()\n    if time.perf_counter() - start > 3: pass",
        "import time\ndef f():\n    start = time.time()\n    ms = (time.time() - start) * 1e3\n    return ms > LIMIT",
        "import time\ndef f():\n    end = time.time() + 10\n    while time.time() < end:\n        pass",
        "import time\ndef f(self, worker):\n    return time.monotonic() - self.heard[worker] > LEASE_S",
        "from datetime import datetime\ndef f():\n    print(datetime.now())",
        "from pathlib import Path\nif not (Path(__file__).parent / 'users.csv').exists():\n    raise SystemExit",
        "import os\nos.path.exists(os.path.join(os.path.dirname(__file__), 'users.csv'))",
        "def f(self, method):\n    getattr(self.client, method)('/pets')",
        "import random\nfrom locust import *\nrandom.seed(3)",
        "def compile(a):\n    return a\ncompile(1)",
        "import locust.stats\nprint(locust.stats.PERCENTILES_TO_REPORT)",
        "class User:\n    host = ''\n    def on_start(self):\n        self.client.a = 1\n        setattr(self, 'a', 1)",
        "def judge(environment):\n    environment.process_exit_code = 1\n    environment.runner.x.y = 2",
        "code = 1\nimport codes\nfrom . import socket",
        "def f(self):\n    print(type(self).__name__)\nif __name__ == '__main__':\n    f(1)",
        '"""import threading, \\d"""',
    ],
)
def test_honest_idiom_gets_none(source: str) -> None:
    assert notes(source) == []


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
        ("import os; getattr(os, 'ki' + 'll')(1, 9)", "ends processes without a word (os.kill)"),
        ("import os; getattr(os, name)", "finds by a name that it makes at run time what it uses (getattr(os, name))"),
        ("import os; vars(os)['kill']", "ends processes without a word (os.kill)"),
        ("import os; os.__dict__[chr(107) + 'ill']", "finds by a name that it makes at run time"),
        ("from os import *; kill(1, 9)", "ends processes without a word (os.kill)"),
        ("from os import *", "finds by a name that it makes at run time what it uses (imports all of os)"),
        ("from os import kill as k; k(1, 9)", "ends processes without a word (os.kill)"),
        ("import os; k = os.kill", "ends processes without a word (os.kill)"),
        ("import os as o; m = o; m.kill(1, 9)", "ends processes without a word (os.kill)"),
        ("e, f = exec, 1; e('1')", "runs code that does not stand in the file (exec)"),
        ("@exec\ndef f(): pass", "runs code that does not stand in the file (exec)"),
        ('x = f\'{__import__("os").system("ls")}\'', "starts processes (os.system)"),
        ("x = __builtins__['exec']", "finds by a name that it makes at run time what it uses (__builtins__)"),
        ("x = globals()[name]", "finds by a name that it makes at run time what it uses (globals()[name])"),
        ("import builtins; builtins.exec('1')", "runs code that does not stand in the file (exec)"),
        ("import sys; sys.modules['os'].kill(1, 9)", "ends processes without a word (os.kill)"),
        ("from importlib import import_module as i; i('soc' + 'ket')", "opens connections of its own"),
        ("().__class__.__base__.__subclasses__()", "runs code that does not stand in the file (__subclasses__)"),
        ("from locust.user.task import TaskSet; TaskSet._sleep", "reaches into the inside of a library (locust.user"),
        ("import locust; vars(locust)['events'] = 1", "replaces code of a library (vars(locust)['events'])"),
        ("import os; os.path.exists('/proc/1')", "reads outside the submission ('/proc/1')"),
    ],
)
def test_a_note_names_the_line_and_the_reason(line: str, says: str) -> None:
    found = notes(f"\n\n{line}\n")
    assert found
    assert all(note.startswith(("3: ", "4: ")) for note in found)
    assert any(says in note for note in found), found


GRADED = "does it behave differently when it is graded?"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f(u):\n    return 0 if u.host.endswith(':5000') else 2", "looks at the host"),
        ("def f(r):\n    if r.failure.__name__ != 'failure': pass", "looks at how a function or a class is made"),
        ("def f(r):\n    if getattr(r.failure, '__code__'): pass", "looks at how a function or a class is made"),
        ("import locust\nif locust.task.__module__ == 'a': pass", "looks at how a function or a class is made"),
        ("import inspect\nif len(inspect.signature(a).parameters) > 1: pass", "looks at how a function or a class is"),
        ("from locust import events\nmine = events.init._handlers", "looks at who listens to Locust's events"),
        ("def f(env):\n    port = env.host.split(':')[-1]\n    if port == '5000':\n        pass", "looks at the host"),
        ("from urllib.parse import urlparse as u\ndef f(e):\n    if u(e.host).port > 5000: pass", "looks at the host"),
        ("def f(u):\n    match u.client.base_url:\n        case 'a': pass", "looks at the host"),
        ("def f(u):\n    return {'http://a': 0}[u.host]", "looks at the host"),
        ("def f(r):\n    if 'localhost' in r.url: pass", "compares with the address of a brief ('localhost')"),
        ("def f(r):\n    return [1, 0][r.target_user_count > 10]", "looks at the number of users"),
        ("def f(r):\n    n = r.user_count\n    if n // 11: pass", "looks at the number of users"),
        ("class U:\n    wait_time = lambda self: self.runner.user_count / 9", "looks at the number of users"),
        ("import time\ndef f(u):\n    return time.time()\nclass U:\n    wait_time = f", "looks at the clock"),
        ("import time\nSTART = time.time()\ndef f():\n    if time.time() - START > 60: pass", "looks at the clock"),
        ("import time\nclass U:\n    def on_start(self):\n        self.born = time.time()\n    def t(self):\n"
         "        return time.time() - self.born > 30", "looks at the clock"),
        ("from datetime import datetime as d\ndef f():\n    n = d.now()\n    if n.hour > 8: pass", "looks at the cl"),
        ("import time\ndef f():\n    if int(time.time()) % 2: pass", "looks at the clock"),
        ("import os\nif os.environ.get('CI'): pass", "looks at the environment"),
        ("from os import getenv\nx = getenv('HOME')", "looks at the environment"),
        ("import platform\nx = platform.node()", "looks at the machine"),
        ("import sys\nx = sys.modules", "looks at what the process has loaded"),
        ("import sys\nif len(sys.argv) > 5: pass", "looks at the command line"),
        ("import sys\nx = sys.argv[sys.argv.index('--host') + 1]", "looks at the command line"),
        ("import os\nif os.getpid() == 1: pass", "looks at its process"),
        ("if 'cell' in __file__: pass", "looks at the folder that it lies in"),
        ("from pathlib import Path\nif Path(__file__).parent.name == 'a': pass", "looks at the folder that it lies in"),
        ("def f(env):\n    if env.parsed_options.headless: pass", "looks at Locust's options"),
        ("def f(r):\n    return r.headers['X-Request-Id']", "names what only a grader has (X-Request-Id)"),
        ("x = 'record.jsonl'", "names what only a grader has (record.jsonl)"),
    ],
)  # fmt: skip
def test_code_that_decides_by_what_differs_in_a_grading_is_named(source: str, says: str) -> None:
    found = [note.partition(": ")[2] for note in notes(source)]
    assert any(note.startswith(says) for note in found), found
    assert all(note.endswith(GRADED) for note in found if note.startswith("looks at"))
