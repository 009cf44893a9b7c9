"""Advice on an SLO: the mistake that probably explains which responses a submission judges wrongly.

The words in its code decide which advice is given, but never the verdict.
"""

from collections.abc import Sequence, Set

from checks.judging.slo.limit import Response
from checks.lab.locust.run import Run

TOO_LATE = (
    "Locust decides at the end of the with block, and what is said afterwards comes too late: indent the if and its "
    "failure() so that they stand inside the block"
)


def said_late(run: Run) -> str:
    """Return the tail of a sentence that names the line that judged an answer too late; empty if none did."""
    if not run.record.late:
        return ""
    late = run.record.late[0]
    return f" ({late.place}{late.error} is called when the with block has ended)"


def why_fast_fails(responses: Sequence[Response], words: Set[str]) -> str:
    """Return what to do about fast 200s that count as failed."""
    passed = [each for each in responses if each.status == 200 and each.failure is None]
    if ".microseconds" in words:
        return "microseconds is but a part of a time, and no millisecond: use total_seconds() * 1000, or your own clock"
    if any(each.kind == "quick" for each in passed):
        return (
            "either the limit in force is lower than 3000 ms, or the time is rounded up, or the clock starts too early "
            "(start it right above the request, each time)"
        )
    if all(each in passed for each in responses if each.status == 200 and each.is_over):
        return "the comparison is the wrong way round: a failure is a time above the limit"
    return (
        "compare milliseconds with milliseconds (a time in seconds * 1000 against 3000.0), "
        "and call failure() only inside the if"
    )


def why_slow_passes(missed: Sequence[Response], slow: Sequence[Response], run: Run, words: Set[str]) -> str:
    """Return what to do about slow 200s that count as successes; `slow` are all of them."""
    if run.record.late:
        return TOO_LATE
    if any(each.is_cut_off for each in missed):
        return "the time ends at the headers, and nobody reads the body: leave stream=True out"
    if not any(each.counted.said for each in slow):
        return 'judge the answer yourself: with self.client.get("/", catch_response=True) as response:'
    if any("failure" in each.counted.said and each.counted.said[-1] == "success" for each in missed):
        return (
            "success() after failure() takes the failure back; the last word counts, so call success() only in an else"
        )
    passed = {each.kind for each in missed}
    return _why_some_pass(passed, {each.kind for each in slow} - passed, words)


def _why_some_pass(passed: Set[str], caught: Set[str], words: Set[str]) -> str:
    """Return what to do if the `passed` kinds of slow 200s count as successes, and the `caught` kinds as failures."""
    if "over: slow headers" in passed and "far over: slow headers" in caught:
        if ".seconds" in words:
            return ".seconds cuts to whole seconds: use total_seconds() * 1000, or a clock of your own"
        return "the limit in force is higher than 3000 ms, or the time is cut to whole seconds before it is compared"
    if "over: slow headers" in caught:
        return (
            "the time stops at the headers, as response.elapsed does: take a clock of your own, "
            "time.perf_counter() before the request and after it"
        )
    if caught:
        return "only the body is timed: start the clock before the request"
    return _why_all_pass(words)


def _why_all_pass(words: Set[str]) -> str:
    """Return what to do if each slow 200 counts as a success."""
    if ".microseconds" in words:
        return "microseconds is only the part below a second: use total_seconds() * 1000, or a clock of your own"
    if ".failure" not in words and words & {"print", ".info", ".warning", ".error"}:
        return "printing or logging is no failure: call response.failure(message)"
    return (
        "the comparison with the limit never comes true. Is the time in milliseconds (clocks count seconds: * 1000)? "
        "Does the clock start before the request? Then call response.failure(message)"
    )


def why_status_passes(missed: Sequence[Response], run: Run) -> str:
    """Return what to do about responses with another status than 200 that count as successes."""
    if run.record.late:
        return TOO_LATE
    if all("success" in each.counted.said for each in missed):
        return "success() says that all is well, whatever the status: compare response.status_code with 200 first"
    if all(each.status < 400 for each in missed):
        return "by itself Locust fails a status from 400 on; a 204 has no dashboard in it either: compare with 200"
    return "compare response.status_code with 200, and call response.failure(message) where it differs"
