"""The diagnosis: why a run came to nothing, in one sentence with file and line, and what to do about it."""

import re

from checks.lab.record import Fault
from checks.lab.swarm import Run
from checks.lab.verdict import Failed, Inconclusive

# In a traceback; a submission's folder is called work.
OWN_FRAME = re.compile(r' +File ".*[/\\]work[/\\]([^"]+)", line (\d+)')
NO_BASE = re.compile(r"Attribute 'environment' is missing on user [^\n]{1,150} forgot to call the base constructor\?")
EXPECTED = "Locust loads the file, and its users send requests to the server that grades"


def require_requests(run: Run) -> None:
    """Return where requests reached the target.

    Raises:
        Failed: the submission kept them from it; the message names the place.
        Inconclusive: the machine or the grader did.
    """
    if run.broken:
        raise Failed(
            f"Locust was ended, since it {run.broken}", EXPECTED, "a load test of this size needs little of the machine"
        )
    if run.record.crash:
        raise _crashed(run.record.crash)
    if run.shot:
        raise Inconclusive(
            f"somebody else's signal ended Locust (status {run.exit_code}), so nothing can be said: try again"
        )
    if len(run.journal) and run.record.users:
        return
    if len(run.journal):
        raise Failed(
            "requests came while Locust was still reading the file",
            EXPECTED,
            'put what starts users by itself, such as run_single_user, under if __name__ == "__main__":',
        )
    if "No User class found!" in run.log:
        raise Failed(
            "the file has no user class",
            EXPECTED,
            "write a class that inherits HttpUser (or FastHttpUser); a task set alone is not run by anybody",
        )
    if not run.record.users and run.out_of_time and run.record.began:
        seen = f"Locust was still reading the file after {run.seconds:.0f} s"
        raise Failed(seen, EXPECTED, "leave no endless loop and no long work at the top level of the file")
    if not run.record.users and run.record.began and not run.log.strip():
        seen = f"Locust ended with status {run.exit_code} while it read the file, without a word"
        raise Failed(seen, EXPECTED, "let nothing in the file end the process")
    if not run.record.users:
        raise Inconclusive(f"Locust did not start (status {run.exit_code}): {_last_line(run.log)}")
    raise _silent(run)


def aside(run: Run) -> str:
    """Return the tail of a sentence that names an error or a lost request of the run; empty where there was none."""
    if run.record.errors:
        error = run.record.errors[0]
        return f" ({error.place}{error.error})"
    if run.record.strays:
        stray = run.record.strays[0]
        return f" ({stray.place}{stray.url} is not the server that grades: write the path alone)"
    return ""


def uncaught(log: str) -> tuple[Fault, ...]:
    """Return the exceptions of the submission's event listeners and message handlers: Locust logs them and goes on."""
    faults: list[Fault] = []
    place: tuple[str, int] | None = None
    for line in log.splitlines():
        if line.startswith("Traceback "):
            place = None
        elif frame := OWN_FRAME.match(line):
            place = frame[1], int(frame[2])
        elif place and not line.startswith(" "):
            faults.append(Fault(*place, error=line))
            place = None
    return tuple(faults)


def _crashed(crash: Fault) -> Exception:
    if not crash.file:
        return Inconclusive(f"Locust did not start: {crash.error}")
    if crash.missing_module:
        return Failed(
            f'{crash.place}the import needs a module "{crash.missing_module}" that is not installed',
            EXPECTED,
            "delete that import if you did not mean it (editors add such lines by themselves); "
            "a module of your own goes into the stage's folder",
        )
    return Failed(f"{crash.place}{crash.error}", EXPECTED, "mend that line; `locust -f locustfile.py` shows all of it")


def _silent(run: Run) -> Exception:
    """Return why users that did start never reached the target."""
    if run.record.strays:
        stray = run.record.strays[0]
        return Failed(
            f"{stray.place}the users ask {stray.url}, so nothing reaches the server that grades",
            EXPECTED,
            'write the path alone, such as "/pets": Locust puts the host in front of it',
        )
    if run.record.errors:
        error = run.record.errors[0]
        return Failed(f"{error.place}{error.error}", EXPECTED, "mend that line: each user stumbles over it")
    if said := NO_BASE.search(run.log):
        return Failed(
            f'Locust says: "{said[0]}"',
            EXPECTED,
            "begin your __init__ with super().__init__(*args), or call it on_start, which Locust calls for each user",
        )
    if run.out_of_time:
        return Inconclusive(f"no request within {run.seconds:.0f} s; the machine may be too busy: try again")
    return Failed(
        f"{run.users} users ran for {run.seconds:.0f} s and sent no request",
        EXPECTED,
        "give the user class tasks, and let them send requests through self.client",
    )


def _last_line(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"
