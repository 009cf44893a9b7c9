"""Locust's log lines about a file's messages and handlers, found with their place in the file."""

import time

from checks.judging.cluster.log import UnhandledMessage, failed_handlers, unheard
from checks.lab.locust.record import Fault

STARTING = "[2026-01-01 09:20:09,380] vm/INFO/locust.main: Starting Locust 2.47.0\n"
IN_A_HANDLER = """[2026-01-01 09:20:09,380] vm/ERROR/root: Uncaught exception in handler for ask
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/locust/runners.py", line 1183, in handle_message
    listener(environment=self.environment, msg=msg)
  File "/tmp/lab-abc/work/locustfile.py", line 56, in on_ask
    owner = owners.pop(0)
            ^^^^^^^^^^^^^
IndexError: pop from empty list

"""
NOT_EVEN_CALLED = """[2026-01-01 09:20:09,380] vm/ERROR/root: Uncaught exception in handler for owner
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/locust/runners.py", line 1454, in handle_message
    listener(environment=self.environment, msg=msg)
TypeError: on_owner() got an unexpected keyword argument 'environment'
"""
IN_A_LISTENER = """[2026-01-01 09:20:10,380] vm/ERROR/root: Uncaught exception in event handler:
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/locust/event.py", line 40, in fire
    handler(**kwargs)
  File "/tmp/lab-abc/work/locustfile.py", line 12, in on_init
    1 / 0
ZeroDivisionError: division by zero
"""
CONCURRENT = """Traceback (most recent call last):
  File "src/gevent/greenlet.py", line 900, in gevent._gevent_cgreenlet.Greenlet.run
  File "/tmp/lab-abc/work/locustfile.py", line 7, in on_ask
    raise KeyError("x")
KeyError: 'x'
2026-01-01T09:20:09Z <Greenlet at 0x7f: on_ask(environment=<Environment at 0x7f>, msg=<Message>)> failed with KeyError
"""


def test_a_handler_that_ends_in_an_exception() -> None:
    (fault,) = failed_handlers(STARTING + IN_A_HANDLER)
    assert fault == Fault("locustfile.py", 56, error="the handler for ask ends in IndexError: pop from empty list")


def test_a_handler_that_can_not_be_called_has_no_place() -> None:
    (fault,) = failed_handlers(NOT_EVEN_CALLED)
    assert fault.place == ""
    assert fault.error.startswith("the handler for owner ends in TypeError: on_owner() got an unexpected")


def test_listeners_and_concurrent_handlers_count_too() -> None:
    assert [(fault.line, fault.error) for fault in failed_handlers(IN_A_LISTENER + CONCURRENT)] == [
        (12, "an event handler ends in ZeroDivisionError: division by zero"),
        (7, "on_ask, a handler, ends in KeyError: 'x'"),
    ]


def test_a_traceback_that_the_file_prints_itself_is_no_handlers_end() -> None:
    shown = 'Traceback (most recent call last):\n  File "/tmp/lab-abc/work/locustfile.py", line 3, in f\nKeyError: 1\n'
    assert failed_handlers(STARTING + shown) == ()


def test_messages_that_nobody_hears() -> None:
    log = (
        "[2026-01-01 09:20:09,380] vm/WARNING/locust.runners: Unknown message type received: owner\n"
        "[2026-01-01 09:20:09,380] vm/WARNING/locust.runners: "
        "Unknown message type received from worker vm_1a (index 0): asking for one\n"
    )
    assert unheard(STARTING + log) == (
        UnhandledMessage("owner", "Unknown message type received: owner"),
        UnhandledMessage("asking for one", "Unknown message type received from worker vm_1a (index 0): asking for one"),
    )


def test_long_lines_take_no_long_time() -> None:
    lines = [words * 20_000 for words in ("<Greenlet at ", "Unknown message type received: ", '  File "/work/', "a: ")]
    started = time.monotonic()
    assert failed_handlers("\n".join(lines)) == ()
    assert len(unheard("\n".join(lines))) <= 1
    assert time.monotonic() - started < 1
