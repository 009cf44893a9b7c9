"""The script of an SLO: answers to `GET /` in secret order, on both sides of the limit, and the run through them."""

import time
from collections.abc import Iterable
from random import Random

from checks.lab.lab import Lab
from checks.lab.locust.run import Run
from checks.lab.target.journal import Journal, Request
from checks.lab.target.middleware.faults import Answer, in_turn

OPEN = ("GET", "/")
ADDED = Answer("added", wait=0.35)  # for each new pet: exposes a clock that starts too early
AFTERWARDS = Answer("afterwards", wait=0.2)  # after the script: not judged, but slow enough to prevent a flood
AWAY = 5.0  # seconds: a user silent for that long has stopped, since by then it has had any answer of the script
# The most milliseconds that the script makes an answer take, by the first word of its kind: anything beyond comes from
# the machine.
MOST_MS = {"quick": 50.0, "under": 2750.0, "over": 3300.0, "far over": 4900.0, "added": 350.0, "afterwards": 200.0}


def drawn(rng: Random) -> list[Answer]:
    """Return the answers to `GET /`: a few of each kind, in random order."""
    answers = [_quick(rng) for _ in range(6)]
    answers += [answer for _ in range(2) for answer in _slow(rng, "under", 2.65, 2.75) + _slow(rng, "over", 3.1, 3.3)]
    # Over the limit even when truncated to whole seconds, and so far over that no single number can pass as the time of
    # both: a number that fits an answer just over the limit is too small for these.
    answers += _slow(rng, "far over", 4.5, 4.9)[:2]
    others = rng.choice([201, 202, 203, 206]), *rng.sample([400, 403, 404, 409, 410, 422], 2), rng.choice([502, 503])
    for status in (500, 204, *others):
        answers += [_quick(rng, status) for _ in range(2)]
    answers += [Answer("over: slow headers", wait=rng.uniform(3.1, 3.3), status=500) for _ in range(2)]
    rng.shuffle(answers)
    return answers


def _quick(rng: Random, status: int | None = None) -> Answer:
    return Answer("quick", wait=rng.uniform(0.02, 0.05), status=status)


def _slow(rng: Random, kind: str, low: float, high: float) -> list[Answer]:
    headers, body, half = rng.uniform(low, high), rng.uniform(low, high), rng.uniform(low, high) / 2
    return [
        Answer(f"{kind}: slow headers", wait=headers),
        Answer(f"{kind}: slow body", drip=body),
        Answer(f"{kind}: headers and body", wait=half, drip=half),
    ]


def run_through(lab: Lab, answers: list[Answer]) -> Run:
    """Return a run against a shop that answers `GET /` by the script, until the script is through."""
    users = lab.rng.randint(16, 20)  # so that the slow answers run side by side
    opened = in_turn(*OPEN, answers, AFTERWARDS)

    def choose(method: str, path: str) -> Answer | None:
        return ADDED if (method, path) == ("POST", "/pets") else opened(method, path)

    def done(journal: Journal) -> bool:
        if len(scripted(journal)) < len(answers):
            return len(journal) > 10 * users and not any(map(is_open, journal))
        return not gone(journal) or time.monotonic() - last_end(journal) > AWAY

    with lab.petshop(choose, threads=users + 4) as shop:
        return lab.swarm(shop, users=users, done=done)


def is_open(request: Request) -> bool:
    """Tell whether a request opens the dashboard."""
    return (request.method, request.path) == OPEN


def scripted(journal: Iterable[Request]) -> list[Request]:
    """Return the requests that the script answered."""
    return [request for request in journal if request.answer not in ("", ADDED.label, AFTERWARDS.label)]


def last_end(journal: Journal) -> float:
    """Return when the last answer of the script was given."""
    return max(request.end for request in scripted(journal))


def gone(journal: Journal) -> list[Request]:
    """Return the last request of each visitor that sent none after the script's last answer."""
    last = last_end(journal)
    return [requests[-1] for requests in journal.visits().values() if requests[-1].start <= last]


def lateness_shown(journal: Iterable[Request]) -> float:
    """Return by how many milliseconds, at most, the shop took longer for an answer than the script wants."""
    most = [(request, MOST_MS.get(request.answer.partition(":")[0])) for request in journal]
    return max((1000 * (request.end - request.start) - ms for request, ms in most if ms is not None), default=0.0)
