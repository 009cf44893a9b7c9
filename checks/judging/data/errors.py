"""The errors: whether users go on after error answers, keep what they hold, and leave the errors in the report."""

from checks.judging.data.model import FindMissing, Observation, ObservedRun
from checks.judging.data.progress import missing_after_errors
from checks.judging.data.rules import forbid_foreign_things, forbid_second_holder
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed
from checks.lab.verdict.diagnosis import forbid_errors, require_requests
from checks.lab.verdict.figures import is_reported, require_reported


def require_users_go_on(failing: ObservedRun, calm: Run, missing: FindMissing) -> None:
    """Require that users kept what they held despite error answers, and that Locust's report shows these as failures.

    The calm run had no error answers: trouble that it shows as well has another cause.
    """
    require_requests(failing.run)
    forbid_second_holder(failing.held)
    forbid_foreign_things(failing.held)
    failing.require(missing_after_errors)
    failing.require(missing)
    forbid_hidden_failures(failing.held, failing.run, calm)
    if is_reported(calm):
        require_reported(failing.run)


def forbid_hidden_failures(observed: Observation, run: Run, calm: Run) -> None:
    """Require that each error answer is a failure in Locust's report, and that none made a task end in an error.

    The calm run had no error answers: trouble that it shows as well has another cause.
    """
    if not calm.record.errors:
        advice = "an error answer has no list in it: look at response.status_code before you use what it brought"
        forbid_errors(run, advice)
    counted = {count.request: count for count in run.record.counted}
    errors = [asked for user in observed.users for asked in (*user.things, *user.details) if not asked.is_answered]
    are_counted = len(calm.record.counted) >= len(calm.journal) - calm.users  # each may have one in flight at the end
    missing = [asked for asked in errors if are_counted and asked.request.id not in counted]
    hidden = [asked for asked in errors if asked.request.id in counted and counted[asked.request.id].failure is None]
    if hidden or len(missing) > observed.size:  # each user may have one in flight at the end
        (asked, *_), how = (hidden, "count as successes") if hidden else (missing, "are missing")
        raise Failed(
            f"{len(hidden or missing)} of {len(errors)} error answers {how} in Locust's report, such as the "
            f"{asked.request.status} for {asked}",
            "each error answer as a failure in the report, so that a broken API shows",
            "leave error answers to Locust, which counts them as failures: call success() for a good answer "
            "only, and leave a with block by its end",
            asked.request,
        )
