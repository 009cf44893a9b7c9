"""The SLO over a whole run, for CI: of 100 dashboards at least 95 keep their promise, and nothing else goes wrong."""

from locust import events
from locust.runners import WorkerRunner

MAX_FAILURE_RATIO = 0.05


@events.quitting.add_listener
def judge_the_run(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        return  # the master has the figures of all workers
    dashboard = environment.stats.get("/", "GET")
    others = environment.stats.total.num_failures - dashboard.num_failures
    kept = dashboard.num_requests > 0 and dashboard.fail_ratio <= MAX_FAILURE_RATIO
    print(f"{dashboard.num_failures} of {dashboard.num_requests} dashboards failed, and {others} other requests")
    environment.process_exit_code = 0 if kept and not others and not environment.runner.exceptions else 1
