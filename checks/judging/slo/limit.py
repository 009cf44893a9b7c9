"""The SLO: the dashboard comes as a 200 within 3000 ms. A response is judged by its time and by how Locust counts it.

Each answer has a number, and Locust's count names that number, which shows how the submission judged each answer.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from checks.judging.slo.script import lateness_shown, scripted
from checks.lab.locust.record import Counted
from checks.lab.locust.run import Run
from checks.lab.target.journal import Request

LIMIT_MS = 3000.0
# An answer counts as below the limit only if it clearly took less. The margin is for a machine that stops the
# submission between Locust's clock and its own.
LATE_MS = 2900.0


@dataclass(frozen=True)
class Response:
    """A scripted answer as its user got it, and how the submission judged it.

    `before_next` is the time from its end to its user's next request, and `shown` the most by which the shop itself was
    late with an answer in this run, both in milliseconds.
    """

    request: Request
    counted: Counted
    before_next: float
    shown: float

    @property
    def kind(self) -> str:
        """Quick, under, over or far over; and which part of it was slow."""
        return self.request.answer

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.request.status

    @property
    def is_over(self) -> bool:
        """Whether the script makes it take longer than the limit."""
        return "over" in self.kind

    @property
    def ms(self) -> float:
        """The milliseconds from the request's arrival to the last bytes of the answer."""
        return (self.request.end - self.request.start) * 1000

    @property
    def delay(self) -> float:
        """By how many milliseconds a busy machine may have delayed its way to Locust.

        The submission can forge Locust's times. So a delay counts only up to the time for which the user
        was silent after the answer, and up to the shop's own lateness. With stream=True Locust's time leaves out the
        body.
        """
        return max(0.0, min(self.counted.milliseconds - self.ms, self.before_next, self.shown))

    @property
    def is_late(self) -> bool:
        """Whether a busy machine has pushed it too near to the limit."""
        return self.ms + self.delay >= LATE_MS

    @property
    def is_cut_off(self) -> bool:
        """Whether the user left before the slow answer was complete."""
        return self.is_over and self.ms <= LIMIT_MS

    @property
    def failure(self) -> str | None:
        """The message with which it failed; None if it counts as a success."""
        return self.counted.failure

    @property
    def message(self) -> str:
        """The message with which it failed; empty if it counts as a success."""
        return self.counted.failure or ""

    @property
    def quoted(self) -> str:
        """The response together with its message."""
        return f'{self}, with the message "{self.message[:120]}"'

    def __str__(self) -> str:
        how = self.kind.partition(": ")[2]
        if self.is_cut_off:
            how = "when its user left, without its body"
        return f"a {self.request.status} in {self.ms:.0f} ms" + (f" ({how})" if how else "")


def responses_of(run: Run) -> list[Response]:
    """Return the response to each request that the script answered; Locust has to have counted them all."""
    counted, shown = {count.request: count for count in run.record.counted}, lateness_shown(run.journal)
    next_starts = {before.id: after.start for own in run.journal.visits().values() for before, after in pairwise(own)}
    return [
        Response(request, counted[request.id], 1000 * (next_starts.get(request.id, math.inf) - request.end), shown)
        for request in scripted(run.journal)
    ]
