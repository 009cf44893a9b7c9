"""Words that are told from others: a worker's complaint about its master, exceptions that Locust only logs."""

import pytest

from checks.lab.diagnosis import uncaught
from checks.lab.distribution import says_that_master_is_missing
from checks.lab.record import Fault

STARTING = "[2026-01-01 09:20:09,380] master-node/INFO/locust.main: Starting Locust 2.47.0\n"


@pytest.mark.parametrize(
    "line",
    [
        "waiting for the master",
        "No master yet.",
        "WARNING: could not reach the Locust master, retrying in 5 s",
        "Is the Master running? Nothing connected so far, still trying.",
        "Please start the master first.",
        "Coordinator offline",
        "127.0.0.1:5557 does not answer; will try again",
        "[2026-01-01 09:20:39,422] vm/INFO/locust.runners: Failed to connect to master 127.0.0.1:15557, retry 1/60.",
        "[2026-01-01 09:20:39,422] vm/WARNING/root: master missing",
    ],
)
def test_a_line_that_says_that_the_master_is_missing(line: str) -> None:
    assert says_that_master_is_missing(f"{STARTING}{line}\n")


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "This process is a worker.",
        "I wait.",
        "asking the master for ids",
        "A worker of the master at 127.0.0.1:5557 has started.",
        'Traceback (most recent call last):\n  File "x.py", line 3, in f\n    if not isinstance(it, MasterRunner):\n'
        "AttributeError: no master",
    ],
)
def test_what_says_nothing_of_the_kind(printed: str) -> None:
    assert not says_that_master_is_missing(STARTING + printed)


def test_exceptions_that_locust_logs_are_found_with_their_place() -> None:
    log = f"""{STARTING}[2026-01-01 09:20:09,380] vm/ERROR/root: Uncaught exception in handler for ask
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/locust/runners.py", line 1183, in handle_message
    listener(environment=self.environment, msg=msg)
  File "/tmp/lab-abc/work/locustfile.py", line 56, in on_ask
    owner = owners.pop(0)
            ^^^^^^^^^^^^^
IndexError: pop from empty list

[2026-01-01 09:20:10,380] vm/ERROR/locust.event: Uncaught exception in event handler:
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/locust/event.py", line 40, in fire
    handler(**kwargs)
ValueError: not the submission's
"""
    assert uncaught(log) == (Fault("locustfile.py", 56, error="IndexError: pop from empty list"),)
