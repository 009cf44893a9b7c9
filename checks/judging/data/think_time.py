"""The think time: users pause for 1 to 3 seconds after each task, and repeat no question without a pause."""

from collections import Counter
from collections.abc import Iterable, Iterator

from checks.judging.data.model import Asked, Observation
from checks.judging.pauses import Pause, pauses
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed

THINK_TIME = (1 - 0.1, 3 + 0.1)  # seconds
AT_ODDS = 0.02  # of all think times and requests may be off: a busy machine makes a paced user late now and then
EXPECTED, ADVICE = "1 to 3 seconds after each task", "keep wait_time = between(1, 3) in the user class"


def require_think_time(run: Run, observed: Observation) -> None:
    """Require that users think for 1 to 3 seconds after each task."""
    low, high = THINK_TIME
    found = pauses(run)
    long = [wait.asked for wait in run.record.waits if wait.asked > high]
    short = [pause.asked for pause in after_tasks(found) if pause.asked + pause.extra < low]
    for off, count in ((long, len(run.record.waits)), (short, len(found))):
        if len(off) > AT_ODDS * count:
            raise Failed(f"users think for {off[0]:.2f} s; {len(off)} of {count} times are off", EXPECTED, ADVICE)
    again = list(asked_again(observed, found))
    if len(again) > AT_ODDS * len(found):
        seen = f"{len(again)} of {len(found)} requests ask the same again without a pause, such as {again[0]}"
        raise Failed(seen, EXPECTED, f"{ADVICE}, and leave it to Locust to call the tasks: it waits after each")


def after_tasks(found: Iterable[Pause]) -> Iterator[Pause]:
    """Yield the pauses in which a task ended, except each user's first, which pacing counts from the user's start."""
    visitors = set()
    for pause in found:
        if pause.waits and pause.after.visitor in visitors:
            yield pause
        visitors |= {pause.after.visitor} if pause.waits else set()


def asked_again(observed: Observation, found: Iterable[Pause]) -> Iterator[Asked]:
    """Yield the questions that users repeat without a pause in between, which no single task does.

    One task may ask for the posts and then for the comments of each. Before its first pause a user may ask twice, in
    on_start and in a task.
    """
    questions = _questions(observed)
    bursts: dict[str, Counter[object]] = {}  # by visitor: what it has asked since its last pause
    paused = set()
    for pause in found:
        visitor = pause.after.visitor
        if visitor not in bursts:
            bursts[visitor] = Counter([questions.get(pause.before.id, (None,))[0]])
        if pause.asked + pause.extra >= THINK_TIME[0]:
            paused.add(visitor)
            bursts[visitor].clear()
        if pause.after.id in questions:
            question, asked = questions[pause.after.id]
            bursts[visitor][question] += 1
            if bursts[visitor][question] > (1 if visitor in paused else 2):
                yield asked


def _questions(observed: Observation) -> dict[int, tuple[object, Asked]]:
    """Return the users' questions by the number of the request, each with a key that is the same if it is repeated."""
    return {
        asked.request.id: ((kind, asked.ids), asked)
        for user in observed.users
        for kind, own in enumerate((user.things, user.details))
        for asked in own
    }
