"""Counting: Locust counts each request that the target answered once, and its report has them all."""

from collections import Counter
from collections.abc import Sequence

from checks.lab.locust.run import Run
from checks.lab.outcome import Failed
from checks.lab.target.journal import Request
from checks.lab.verdict.figures import require_figures, require_reported


def require_counted(run: Run, requests: Sequence[Request]) -> None:
    """Require that Locust counts each of these requests, all of one kind, once, and reports what it counts."""
    counts = Counter(count.request for count in run.record.counted)
    missing = [request for request in requests if not counts[request.id]]
    twice = [request for request in requests if counts[request.id] > 1]
    require_figures(run)
    if missing:
        raise _missing(run, missing, len(requests))
    if twice:
        raise Failed(
            f"{len(twice)} of {len(requests)} answers to {twice[0]} are counted twice",
            f"each {twice[0]} is counted once",
            "self.client reports its requests by itself: fire no event of your own for them",
            twice[0],
        )
    require_reported(run)


def _missing(run: Run, missing: Sequence[Request], count: int) -> Failed:
    """Return the failure for requests that Locust does not count: no user waited, or the with block never ended."""
    seen = f"{len(missing)} of {count} answers to {missing[0]}"
    if run.record.lost:
        lost = run.record.lost[0]
        return Failed(
            f"{seen} reached nobody ({lost.place}{lost.error})",
            "each answer is waited for, however late, so that its time is known",
            "take the client's timeout out: it ends the wait, and measures nothing",
            missing[0],
        )
    error = next(iter(run.record.errors), None)
    return Failed(
        f"{seen} are missing in Locust's figures" + (f" ({error.place}{error.error.splitlines()[0]})" if error else ""),
        f"each {missing[0]} is counted, as a success or as a failure",
        "with catch_response=True a request is counted when its with block ends without an error of its own: "
        'write "with self.client.get(...) as response:", and leave it by its end, not by an exception',
        missing[0],
    )
