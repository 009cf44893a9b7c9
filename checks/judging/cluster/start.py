"""The start: whether each process of a cluster has loaded the file, and, if no user sent a request, why not."""

from checks.judging.cluster.log import failed_handlers, unheard
from checks.judging.cluster.model import ClusterRun
from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Failed
from checks.lab.verdict.diagnosis import aside, require_requests

NO_ID = (
    "a user that waits for an id waits for ever where a message is lost: register both messages in an init listener, "
    "and let the worker ask; what a master sends at worker_connect arrives too early, and while a handler waits its "
    "process hears nothing"
)


def require_process(name: str, run: Run) -> None:
    """Require that a process ran users; if it did not, the message begins with the name of the process."""
    try:
        require_requests(run)
    except Failed as error:
        raise Failed(f"{name}: {error.seen}", error.expected, error.advice) from None


def require_loaded(group: ClusterRun) -> None:
    """Require that master and workers have loaded the locustfile, and that requests reached the target."""
    for name, run in group.runs.items():
        if run.record.crash or run.broken or "No User class found!" in run.log:
            require_process(name, run)
    if group.whole.journal:
        return
    if group.ended_early and group.master.record.users:
        raise Failed(
            f"{' and '.join(group.ended_early)} ended before any user had sent a request{aside(group.whole)}",
            "users on both workers, who send requests",
            "look for quit() or exit(): the file runs in the master and in each worker alike",
        )
    if not group.master.record.users or group.whole.ending is Ending.LIMIT:
        require_requests(group.master)
    raise _why_silent(group)


def _why_silent(group: ClusterRun) -> Failed:
    """Return why no user sent a request, though the file was loaded."""
    expected = "users on both workers, who send requests"
    silent = f"{group.size} users on two workers sent no request at all"
    for name, log in group.logs.items():
        for fault in failed_handlers(log)[:1]:
            return Failed(f"{silent}; {name}: {fault.place}{fault.error}", expected, why_handler_failed(fault.error))
    for name, log in group.logs.items():
        for message in unheard(log)[:1]:
            return Failed(
                f'{silent}; Locust says in {name}: "{message.line}"',
                expected,
                f"register a function for {message.message} in that process, in an init listener; a name has to be "
                "spelt alike where it is registered and where it is sent",
            )
    if group.was_disturbed:
        return Failed(
            f"{silent}; the master did not hear its workers and took them for lost, though they were alive",
            expected,
            "while a handler waits (sleep, get, wait, a request) its process hears no message: let it answer at once",
        )
    if group.whole.record.errors:
        fault = group.whole.record.errors[0]
        return Failed(f"no user sent a request; {fault.place}{fault.error}", expected, "mend that line")
    return Failed(silent, expected, NO_ID)


def why_handler_failed(error: str) -> str:
    """Return what to do about an exception that ended a handler."""
    if "TypeError" in error and "argument" in error:
        return (
            "Locust names what it passes: def on_ask(environment, msg, **kwargs) takes a message, "
            "def on_init(environment, **kwargs) an event"
        )
    return "mend that line; print msg.data first to see what comes"
