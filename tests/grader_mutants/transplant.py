"""The transplant: a changed module of the graders replaces the loaded one, function by function.

A module that has imported a function keeps it and gets its new code, so that nothing has to be loaded again.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.grader_mutants.judging import Source

PLAIN = (bool, int, float, str, tuple)
Undo = Callable[[], None]


@contextmanager
def transplanted(source: Source, tree: ast.Module, **given: Any) -> Iterator[None]:
    """Make the graders judge with a changed module until the block ends; `given` are additional names for it."""
    old = import_module(source.module)
    new = ModuleType(source.module)
    new.__dict__.update(__file__=str(source.file), __package__=old.__package__, **given)
    exec(compile(tree, str(source.file), "exec"), new.__dict__)  # noqa: S102 - our own code
    undone: list[Undo] = []
    try:
        vars(old).update(given)
        _replace(old, new, source.module, undone)
        yield
    finally:
        for undo in reversed(undone):
            undo()


def _replace(old: Any, new: Any, module: str, undone: list[Undo]) -> None:
    for name, theirs in list(vars(new).items()):
        ours = vars(old).get(name)
        if isinstance(theirs, type) and theirs.__module__ == module and isinstance(ours, type):
            _replace(ours, theirs, module, undone)
        elif (own := _function(ours)) and (other := _function(theirs)):
            if own.__module__ == module:
                _operate(own, other, undone)
        elif isinstance(theirs, PLAIN) and not name.startswith("__") and type(ours) is type(theirs) and ours != theirs:
            undone.append(lambda name=name, ours=ours: setattr(old, name, ours))  # type: ignore[misc]
            setattr(old, name, theirs)


def _function(thing: Any) -> FunctionType | None:
    """Return the function that a name stands for: its own, a fixture's, a property's, or a method's."""
    if isinstance(thing, property):
        thing = thing.fget
    elif isinstance(thing, cached_property):
        thing = thing.func
    elif isinstance(thing, classmethod | staticmethod):
        thing = thing.__func__
    elif hasattr(thing, "__wrapped__"):
        thing = inspect.unwrap(thing)
    return thing if isinstance(thing, FunctionType) else None


def _operate(ours: FunctionType, theirs: FunctionType, undone: list[Undo]) -> None:
    def put(code: CodeType, defaults: Any, named: Any) -> None:
        ours.__code__, ours.__defaults__, ours.__kwdefaults__ = code, defaults, named

    before = (ours.__code__, ours.__defaults__, ours.__kwdefaults__)
    after = (theirs.__code__, theirs.__defaults__, theirs.__kwdefaults__)
    if before != after:
        undone.append(lambda: put(*before))
        put(*after)
