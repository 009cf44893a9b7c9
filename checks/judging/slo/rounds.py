"""Rounds: each user opens the dashboard once in each round, and goes on until the script is through."""

from itertools import pairwise

from checks.judging.slo.script import gone, is_open, lateness_shown, scripted
from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Request
from checks.lab.target.middleware.faults import Answer
from checks.lab.verdict.diagnosis import aside, blamed
from checks.lab.verdict.strain import strain

SLOW_SHOP_MS = 1000.0  # an answer that takes so much longer than the script wants shows a busy machine


def forbid_second_opening(run: Run) -> None:
    """Require that each user that adds pets opens the dashboard once after each of them."""
    for number, requests in enumerate(run.journal.visits().values(), start=1):
        adds = any(request.method == "POST" for request in requests)
        for before, after in pairwise(requests[1:]):  # the very first may be a visit before the rounds begin
            if adds and is_open(before) and is_open(after):
                raise Failed(
                    f"user {number} opened the dashboard twice without adding a pet between{aside(run)}",
                    "POST /pets, GET /, POST /pets, GET /, ...: one GET / in each round, and that one judged",
                    "look for a second GET / that was left behind, and take it out",
                    after,
                )


def require_whole_script(run: Run, answers: list[Answer]) -> None:
    """Require that the users got each kind of answer, and that none of them stopped before the script was through.

    Raises:
        Failed: users stopped, or were slow themselves.
        Inconclusive: time was up, and the machine was busy.
    """
    opened = sum(map(is_open, run.journal))
    seen = f"{run.users} users sent {opened or 'no'} GET / in {run.seconds:.0f} s"
    lacking = {answer.label for answer in answers} - {request.answer for request in run.journal}
    stopped = _stopped(run)
    if run.ending is Ending.LIMIT and (lacking or stopped) and len(scripted(run.journal)) < len(answers):
        raise _too_few(run, seen)
    if lacking or stopped:
        silent = f"{len(stopped)} of them" if stopped else "they"
        raise blamed(
            run,
            f"{seen}, then {silent} sent no more" if opened else seen,
            "each user opens the dashboard again and again until the test ends",
            'self.client.get("/") in each round; a failure is reported and the user goes on: nothing may stop it',
        )


def _stopped(run: Run) -> list[Request]:
    """Return the last request of each user that stopped; none if a shape or lost cookies may be the reason."""
    if run.record.shape or len(run.journal.visits()) > run.users or not scripted(run.journal):
        return []
    return gone(run.journal)


def _too_few(run: Run, seen: str) -> Exception:
    """Return the verdict on users that were so slow that time was up before the script was through."""
    if strain(run) or lateness_shown(run.journal) > SLOW_SHOP_MS:
        return Inconclusive(f"too little to judge by: {seen}; the machine is too busy: try again")
    advice = "let the users wait by wait_time = between(1, 3) alone, and no task sleep or work for long"
    return blamed(run, f"{seen}: too few", "a round of each user every few seconds, until the test ends", advice)
