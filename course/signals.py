"""The signals that end a program, such as Ctrl-C: caught, ignored, or held back until the next program catches them."""

import signal
import sys
from collections.abc import Callable

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
NUMBERS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


def catch() -> None:
    """Makes each of them end this process with the shell's status for it, after it has tidied up."""
    _set(_end)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, NUMBERS)  # one that `hold` has kept arrives now


def ignore() -> None:
    """Makes this process go on, whichever of them arrives."""
    _set(signal.SIG_IGN)


def hold() -> None:
    """Holds them back until the program that replaces this one calls `catch`; Python would print a traceback."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)


def _end(number: int, _frame: object) -> None:
    ignore()  # a second signal must not disturb the clean-up
    sys.exit(128 + number)


def _set(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in NUMBERS:
        if not (number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, handler)  # a signal that nohup ignores stays ignored
