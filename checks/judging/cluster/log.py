"""The log: the trouble with messages and handlers that Locust only logs before it goes on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checks.lab.locust.record import Fault

LONGEST = 1_000  # characters of a line: the rest is not read
UNCAUGHT = re.compile(r"Uncaught exception in (?:handler for (?P<message>\S{1,80})|event handler)")
UNKNOWN = re.compile(r"Unknown message type received(?P<sender> from worker)?.{0,120}?: (?P<message>\S.{0,80})$")
OWN_FRAME = re.compile(r'  File "[^"]*[/\\]work[/\\]([^"/\\]+)", line (\d+)')  # a submission's folder is called work
IN_A_GREENLET = re.compile(r"<Greenlet at [^>]*?: (\w+)\(.*\bmsg=.*failed with ")  # a handler with concurrent=True


@dataclass(frozen=True)
class UnhandledMessage:
    """A message that reached a process without a handler for it, and Locust's line about that."""

    message: str
    line: str


def unheard(log: str) -> tuple[UnhandledMessage, ...]:
    """Return the messages that reached no handler."""
    lines = [line[:LONGEST] for line in log.splitlines() if "Unknown message type" in line[:LONGEST]]
    return tuple(UnhandledMessage(found["message"], found[0]) for line in lines if (found := UNKNOWN.search(line)))


def failed_handlers(log: str) -> tuple[Fault, ...]:
    """Return the exceptions that ended handlers of messages and of events.

    The place is the innermost one in the submission; there is none if Locust could not even call the handler.
    """
    return tuple(_faults(log))


def _faults(log: str) -> Iterator[Fault]:
    handler, place, error = "", ("", 0), ""
    for line in (line[:LONGEST] for line in log.splitlines()):
        if found := UNCAUGHT.search(line):
            handler, place = f"the handler for {found['message']}" if found["message"] else "an event handler", ("", 0)
        elif line.startswith("Traceback "):
            place = "", 0
        elif frame := OWN_FRAME.match(line):
            place = frame[1], int(frame[2])
        elif found := IN_A_GREENLET.search(line):
            yield Fault(*place, error=f"{found[1]}, a handler, ends in {error}")
        elif line and not line.startswith(" "):
            error = line
            if handler:
                yield Fault(*place, error=f"{handler} ends in {error}")
            handler = ""
