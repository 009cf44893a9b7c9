"""The diagnosis: why a run came to nothing, in one sentence with file and line, and what to do about it."""

import re
from collections.abc import Iterator
from itertools import islice

from checks.lab.locust.record import Fault
from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Request
from checks.lab.verdict.remedies import ANY, remedy

FRAME = re.compile(r' +File "([^"]+)", line (\d{1,9})\b')  # in a traceback
WORK = "/work/"  # a submission's folder is called work
MOST_FAULTS = 100  # that are read from a log
NO_BASE = re.compile(r"Attribute 'environment' is missing on user [^\n]{1,150} forgot to call the base constructor\?")
EXPECTED = "Locust loads the file, and its users send requests to the server that grades"
OF_LOCUST = re.compile(r"^\[[^]]*\] \S+ ")  # time, host and level
QUOTED = 200  # characters of a process's last line
LONGEST = 160  # characters of an error: some list everything that a library has tried
# If reading a file takes this long, the file is slow, not the machine: seconds, and multiples of Locust's import time.
SLOW, TIMES = 10.0, 10.0


def require_requests(run: Run) -> None:
    """Require that requests reached the target.

    Raises:
        Failed: the submission prevented it; the message names the place.
        Inconclusive: the machine or the grader did.
    """
    if run.broken:
        raise Failed(
            f"Locust was ended, since it {run.broken}", EXPECTED, "a load test of this size needs little of the machine"
        )
    if run.record.crash:
        raise _crashed(run.record.crash)
    if run.ending is Ending.SIGNAL:
        raise Inconclusive(
            f"somebody else's signal ended Locust (status {run.exit_code}), so nothing can be said: try again"
        )
    if len(run.journal) and run.record.strays:
        raise astray(run.record.strays[0])
    if len(run.journal) and run.record.users:
        return
    if len(run.journal):
        raise Failed(
            "requests came while Locust was still reading the file",
            EXPECTED,
            'put what starts users by itself, such as run_single_user, under if __name__ == "__main__":',
        )
    raise _silent(run) if run.record.users else _not_started(run)


def last_words(log: str) -> str:
    """Return the last line that a process has printed, in quotation marks; empty if there is none.

    Locust's own message about its options may have more than one line.
    """
    lines = [OF_LOCUST.sub("", line).strip() for line in log.splitlines() if line.strip()]
    last = next((at for at in range(len(lines) - 1, -1, -1) if ": error: " in lines[at]), len(lines) - 1)
    return f'"{" ".join(lines[last:])[:QUOTED]}"' if lines else ""


def astray(stray: Fault) -> Failed:
    """Return the failure for a request to another address than the one that Locust was given."""
    return Failed(
        f"{stray.place}a request goes to {stray.url}",
        "every request reaches the server that grades, which Locust is given with --host",
        'write the path alone, such as "/pets": Locust puts the host in front of it',
    )


def aside(run: Run) -> str:
    """Return the tail of a sentence that names an error or a lost request of the run; empty if there was none."""
    if run.record.errors:
        return f" ({_told(run.record.errors[0])})"
    if run.record.strays:
        stray = run.record.strays[0]
        return f" ({stray.place}{stray.url} is not the server that grades: write the path alone)"
    return ""


def blamed(run: Run, seen: str, expected: str, advice: str, request: Request | None = None) -> Failed:
    """Return a failure that begins with the error in which the users' tasks end, if there is one: mend that first."""
    if not run.record.errors:
        return Failed(seen + aside(run), expected, advice, request)
    error = run.record.errors[0]
    known = remedy(error.error)
    advice = known if known is not ANY else f"mend that line first; {advice}"
    return Failed(f"tasks end in an error, {_told(error)}; {seen}", expected, advice, request)


def forbid_errors(run: Run, advice: str = "") -> None:
    """Require that no user's task ended in an error; without `advice`, the error's own words tell what to do."""
    if run.record.errors:
        error = run.record.errors[0]
        expected = "tasks that come to their end"
        raise Failed(f"tasks end in an error, {_told(error)}", expected, advice or remedy(error.error))


def _told(error: Fault) -> str:
    """Return an error with its place, shortened to what a person would read."""
    return error.place + error.error.strip().partition("\n")[0][:LONGEST]


def uncaught(log: str) -> tuple[Fault, ...]:
    """Return the exceptions of the submission's event listeners and message handlers: Locust logs them and goes on."""
    return tuple(islice(_uncaught(log), MOST_FAULTS))


def _uncaught(log: str) -> Iterator[Fault]:
    place: tuple[str, int] | None = None
    for line in log.splitlines():
        if line.startswith("Traceback "):
            place = None
        elif frame := FRAME.match(line):
            _, is_own, name = frame[1].replace("\\", "/").rpartition(WORK)
            place = (name, int(frame[2])) if is_own else place
        elif place and not line.startswith(" "):
            yield Fault(*place, error=line)
            place = None


def _crashed(crash: Fault) -> Failed:
    if crash.missing_module:
        return Failed(
            f'{crash.place}the import needs a module "{crash.missing_module}" that is not installed',
            EXPECTED,
            "delete that import if you did not mean it (editors add such lines by themselves); "
            "a module of your own goes into the stage's folder",
        )
    if crash.file:
        return Failed(f"{crash.place}{crash.error}", EXPECTED, remedy(crash.error))
    return Failed(
        f"Locust ended while it read the files: {crash.error}",
        EXPECTED,
        "start Locust as the README does, and it shows all of it; if it speaks of bytes or of an encoding, save the "
        "file as UTF-8",
    )


def _not_started(run: Run) -> Exception:
    """Return the failure of a file in which Locust never found a user class."""
    if not run.can_start:
        return Inconclusive(f"Locust does not start on this machine, whatever its file: {last_words(run.log)}")
    if "No User class found!" in run.log:
        return Failed(
            "the file has no user class",
            EXPECTED,
            "write a class that inherits HttpUser (or FastHttpUser); a task set alone is not run by anybody",
        )
    if run.ending is Ending.LIMIT and not run.was_loaded:
        return Inconclusive(f"Locust itself was not loaded after {run.seconds:.0f} s; the machine may be too busy")
    if run.ending is Ending.LIMIT:
        seen = f"Locust was still reading the file after {run.seconds:.0f} s"
        return Failed(seen, EXPECTED, "leave no endless loop and no long work at the top level of the file")
    words = last_words(run.log)
    if not words:
        seen = f"Locust ended with status {run.exit_code} while it read the file, without a word"
        return Failed(seen, EXPECTED, "let nothing in the file end the process")
    return Failed(
        f"Locust ended before it had any users, with status {run.exit_code}; its last words: {words}",
        EXPECTED,
        "start it yourself as the README does: Locust says what it does not accept, or does instead of a test",
    )


def _silent(run: Run) -> Exception:
    """Return the failure of users that started but never reached the target."""
    if run.record.strays:
        stray = run.record.strays[0]
        return Failed(
            f"{stray.place}the users ask {stray.url}, so nothing reaches the server that grades",
            EXPECTED,
            'write the path alone, such as "/pets": Locust puts the host in front of it',
        )
    if run.record.errors:
        error = run.record.errors[0]
        return Failed(_told(error), EXPECTED, remedy(error.error))
    if said := NO_BASE.search(run.log):
        return Failed(
            f'Locust says: "{said[0]}"',
            EXPECTED,
            "begin your __init__ with super().__init__(*args), or call it on_start, which Locust calls for each user",
        )
    if run.ending is Ending.LIMIT and run.loading > SLOW + TIMES * run.importing:
        seen = f"Locust read the file for {run.loading:.0f} s, and no request came within {run.seconds:.0f} s"
        return Failed(seen, EXPECTED, "leave no long work at the top level of the file")
    if run.ending is Ending.LIMIT:
        return Inconclusive(f"no request within {run.seconds:.0f} s; the machine may be too busy: try again")
    return Failed(
        f"{run.users} users ran for {run.seconds:.0f} s and sent no request",
        EXPECTED,
        "give the user class tasks, and let them send requests through self.client",
    )
