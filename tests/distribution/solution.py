"""The solution of stage 06, as a module."""

import importlib.util
from types import ModuleType

from benchmarks.fleet import SOLUTION


def load(name: str) -> ModuleType:
    """Return a module of the solution, which is no package: it lies where learners find it."""
    spec = importlib.util.spec_from_file_location(f"solution_06_{name}", SOLUTION / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
