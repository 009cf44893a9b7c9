"""The sequence: steps that each user takes in turn, again and again until the test ends."""

from collections.abc import Sequence
from itertools import cycle

from checks.lab.lab import Lab
from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Inconclusive, amount
from checks.lab.target.journal import Request
from checks.lab.verdict.diagnosis import blamed
from checks.lab.verdict.strain import strain

Step = tuple[str, str]  # method and path


def out_of_turn(requests: Sequence[Request], steps: Sequence[Step]) -> int | None:
    """Return the place of the first request that is not the step that is due, or was refused; None if there is none."""
    for place, (request, due) in enumerate(zip(requests, cycle(steps), strict=False)):
        if (request.method, request.path) != due or request.status >= 400:
            return place
    return None


def were_replaced(run: Run, steps: Sequence[Step]) -> bool:
    """Tell whether more visitors than users came because some users stopped before all had started.

    Locust then starts others in their place. Each of these visitors goes through the steps at least once, and in the
    end all are silent; a user that loses its cookies, by contrast, goes on as one visitor after the other.
    """
    visits = list(run.journal.visits().values())
    have_rounds = all(len(own) >= len(steps) and out_of_turn(own, steps) is None for own in visits[: -run.users])
    return run.ending is Ending.SILENCE and len(visits) > run.users and have_rounds


def stopped_user(run: Run, least: int) -> tuple[int, list[Request]] | None:
    """Return the number and the requests of the first user that has stopped; None if each one goes on.

    A user goes on if it sends at least `least` requests, and at least a third of what the busiest user sends.
    """
    visits = list(run.journal.visits().values())
    enough = max(least, max(map(len, visits)) / 3)
    is_silent = run.ending is Ending.SILENCE
    stopped = ((number, own) for number, own in enumerate(visits, start=1) if is_silent or len(own) < enough)
    return next(stopped, None)


def too_slow(run: Run, number: int, requests: Sequence[Request]) -> Exception:
    """Return the verdict on a user that sent too little in time; it is inconclusive if the machine was too busy."""
    seen = f"user {number} came to {amount(len(requests), 'request')} in {run.seconds:.0f} s"
    if busy := strain(run):
        return Inconclusive(f"{seen}, and {busy}; try again when the machine is less busy")
    return blamed(
        run,
        f"{seen}, though the shop answered at once and wait_time was cut short",
        "both steps, again and again: after each step a user goes on within 3 seconds",
        "let wait_time alone make users wait, and take sleeps and long work out of the tasks",
        requests[-1],
    )


def why_out_of_turn(lab: Lab) -> str:
    """Return what to do about users that send requests in another order."""
    if "SequentialTaskSet" not in lab.words:
        return "write SequentialTaskSet where your class inherits another one: a TaskSet draws its tasks by chance"
    return "in a SequentialTaskSet the tasks run in the order written, each once: first the pet, then GET /"


def why_no_pet(lab: Lab) -> str:
    """Return what to do about a user that adds no pet, judging by its code."""
    for file, reading in lab.readings.items():
        for line, method in reading.idle:
            return f"{file}, line {line}: write @task above {method}: Locust runs no method without it"
        for line, note in reading.notes:
            if "requests.post" in note:
                return (
                    f"{file}, line {line}: requests.post goes past Locust, which neither sees nor counts it: "
                    'write self.client.post("/pets", json={...})'
                )
    return 'add a task with self.client.post("/pets", json={...})'
