"""The remedies: what to do about an error that ends a task or makes a file unreadable, by Python's own message."""

import re
import sys

FROM = {
    "locust": (
        *("FastHttpUser", "HttpUser", "LoadTestShape", "SequentialTaskSet", "TaskSet", "between", "constant"),
        *("constant_pacing", "constant_throughput", "events", "run_single_user", "tag", "task"),
    ),
    "random": ("choice", "randint", "uniform"),
    "itertools": ("count", "cycle"),
    "pathlib": ("Path",),
}
UNDEFINED = re.compile(r"NameError: name '(\w{1,60})' is not defined")
BY_WORDS = (
    ("HTTPConnectionPool", "send it through self.client, with the path alone: what requests sends goes past Locust"),
    ("Cannot choose from an empty sequence", "there is nothing to choose from: ask first, as in `if self.pet_ids:`"),
    (
        "No tasks defined",
        "write tasks = [...] with your task set into the user class, or @task above its methods",
    ),
    ("object is not callable", "wait_time is a function such as between(1, 3), not a number"),
)
ANY = "mend that line first; start Locust as the README does, and it shows all of the error"


def remedy(error: str) -> str:
    """Return what to do about an error, such as "NameError: name 'time' is not defined"."""
    if missing := UNDEFINED.match(error):
        return _origin_of(missing[1])
    return next((advice for words, advice in BY_WORDS if words in error), ANY)


def _origin_of(name: str) -> str:
    """Return how to bring a name into a file."""
    module = next((module for module, names in FROM.items() if name in names), "")
    if name in sys.stdlib_module_names or module:
        line = f"from {module} import {name}" if module else f"import {name}"
        return f"import it at the top of the file: `{line}`"
    return f"is {name} spelt as where it is made, and made before it is used?"
