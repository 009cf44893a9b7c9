"""The diagnosis: what a submission can cause is its failure; what the machine causes leaves the verdict open."""

from typing import Any

import pytest

from checks.lab.locust.record import Fault, Record, UserClass
from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Journal
from checks.lab.verdict.diagnosis import MOST_FAULTS, WORK, last_words, require_requests, uncaught

USERS = (UserClass("Shopper", None),)


def run(log: str = "", began: float = 1.0, declared: float = 2.0, **facts: Any) -> Run:
    """Return a run without requests; facts that belong to the record go into it."""
    own = {name: facts.pop(name) for name in ("users", "crash", "errors", "strays") if name in facts}
    record = Record(began=began, declared=declared, **own)
    whole = {"exit_code": 1, "seconds": 60.0, "importing": 1.0, **facts}
    return Run(users=4, journal=Journal(), record=record, log=log, **whole)


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (run("x\n[2026-01-01 10:00:00,000] cell/ERROR/locust.main: Unknown User(s): A\n"), "Unknown User(s): A"),
        (run("locust: error: unrecognized arguments: --a\nDid you mean '--b'?\n"), "--a Did you mean '--b'?"),
        (run("nothing\n", exit_code=0), 'with status 0; its last words: "nothing"'),
        (run(), "without a word"),
        (run("No User class found!"), "no user class"),
        (run(ending=Ending.LIMIT), "still reading the file after 60 s"),
        (run(crash=Fault("", 0, "ValueError: source code string cannot contain null bytes")), "null bytes"),
        (run(crash=Fault("locustfile.py", 3, "KeyError: 'a'")), "locustfile.py, line 3: KeyError: 'a'"),
        (run(began=float("inf"), declared=float("inf")), "with status 1 while it read the file"),
        (run(users=USERS), "4 users ran for 60 s and sent no request"),
        (run(users=USERS, began=1, declared=50, ending=Ending.LIMIT), "read the file for 49 s"),
        (run(users=USERS, broken="took more than 2048 MB of memory"), "took more than 2048 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "says",
)
def test_what_a_file_brings_about_is_its_failure(ended: Run, says: str) -> None:
    with pytest.raises(Failed) as caught:
        require_requests(ended)
    assert says in caught.value.seen


@pytest.mark.parametrize(
    "ended",
    [
        run("MemoryError", began=float("inf"), declared=float("inf"), can_start=False),
        run(began=float("inf"), declared=float("inf"), ending=Ending.LIMIT, was_loaded=False),
        run(users=USERS, began=20, declared=55, ending=Ending.LIMIT, importing=19.0),
        run(exit_code=-9, ending=Ending.SIGNAL),
    ],
    ids=["nothing starts here", "Locust is not loaded in time", "a busy machine", "somebody's signal"],
)
def test_what_the_machine_does_leaves_the_verdict_open(ended: Run) -> None:
    with pytest.raises(Inconclusive):
        require_requests(ended)


def test_last_words_are_the_last_line_without_locusts_date() -> None:
    assert last_words("a\n[2026-01-01 10:00:00,000] cell/INFO/locust.main: so\n\n") == '"so"'
    assert last_words(" \n") == ""
    assert len(last_words("x" * 10_000)) < 250


def test_an_exception_in_a_handler_is_found_with_its_innermost_own_line() -> None:
    log = """\
Traceback (most recent call last):
  File "/lib/locust/event.py", line 3, in fire
    handler()
  File "/tmp/lab-1/work/locustfile.py", line 12, in on_init
    helper.go()
  File "C:\\lab\\work\\helper.py", line 7, in go
    raise ValueError("no")
ValueError: no
  File "/tmp/work/unasked.py", line 1
"""
    assert uncaught(log) == (Fault("helper.py", 7, error="ValueError: no"),)


@pytest.mark.parametrize(
    "log",
    [
        '  File "' + f"{WORK}x" * 40_000,
        f'  File "{WORK}a", line ' + "1" * 300_000,
        " " * 300_000 + 'File "',
        '  File "/work/' + '", line ' * 40_000,
        f'Traceback x\n  File "{WORK}a", line 1\nx\n' * 20_000,
        "\n" * 1_000_000,
    ],
    ids=["folders", "digits", "blanks", "quotes", "many", "empty"],
)
def test_no_log_takes_long(log: str, quick: None) -> None:
    assert len(uncaught(log)) <= MOST_FAULTS
    last_words(log)
