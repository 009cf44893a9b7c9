"""The robust reference of stage 06, as modules."""

import importlib.util
from types import ModuleType

from benchmarks.fleet import ROBUST


def load(name: str) -> ModuleType:
    """Return a module of the reference, which is not a package, since it lies where learners find it."""
    spec = importlib.util.spec_from_file_location(f"solution_06_{name}", ROBUST / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
