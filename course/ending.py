"""How a command ends: with its own status, with one line that names culprit and way out, or without a reader."""

import contextlib
import errno
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping

UNHEARD = 141  # a shell's status for a program whose output is no longer read

# What an OSError says, here or in the output of pip and npm, and the line that the user gets for it.
WAYS_OUT = {
    r"Errno 28\b|WinError 112\b|No space left on device": (
        "The disk is full. The set-up needs about 500 MB: make room and run this again."
    ),
    r"Errno (1|13|30)\b|WinError 5\b|Permission denied|Read-only file system": (
        "Writing is not permitted. Move the workshop to a folder of your own, end programs that use its .venv, "
        "and run this again."
    ),
}


class Stop(Exception):
    """Ends the command with status 1; its one line names the culprit and the way out."""


class Unheard(Exception):
    """Ends the command, since the reader of its output has gone, as in `grade ... | head`."""


def say(line: str) -> None:
    """Prints a line now, so that it stands before the output of the program started next."""
    with heard():
        print(line, flush=True)


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Raises Unheard if the block's output has no reader."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # Windows uses the latter
            raise
        raise Unheard from None


def way_out(message: str, ways: Mapping[str, str] = WAYS_OUT) -> str:
    """Returns the line that helps against the cause that the message shows; "" if the cause is unknown."""
    return next((line for pattern, line in ways.items() if re.search(pattern, message)), "")


def status_of(command: Callable[[], int]) -> int:
    """Runs a command and returns the exit status: its own, 1 after an error, 141 if its output has no reader."""
    try:
        try:
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(errors="replace")  # a command must not end because a console can't show a letter
            return _told(command)
        finally:
            with heard():
                sys.stdout.flush()  # argparse leaves that to Python's exit, which would complain
    except Unheard:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNHEARD


def _told(command: Callable[[], int]) -> int:
    """Runs a command and returns its status; an error becomes one line on stderr and status 1."""
    try:
        return command()
    except Stop as stop:
        print(f"workshop.py: {stop}", file=sys.stderr)
    except OSError as error:
        print(f"workshop.py: {error}. {way_out(str(error))}".rstrip(), file=sys.stderr)
    return 1
