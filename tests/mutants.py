"""Mutants: wrong submissions that are made from the reference solutions by small changes.

    python -m tests.mutants [--stage 03] [--sample N] [--jobs 2]

grades each mutant and names those that pass. A mutant that passes shows that a check overlooks something, unless its
change means nothing or the brief allows it: such mutants are listed in tests/equivalent.toml, each with its reason.
"""

import argparse
import ast
import copy
import os
import random
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from checks.stages import ROOT, SOLUTIONS, STAGES
from tests.corpus import grade

LOST = "lost points"  # a bonus criterion failed: the stage passes, but the check has noticed the change
REJECTED = ("failed", "not_started", LOST)  # without findings.toml a stage is not started
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """A reference solution with one change in one file."""

    stage: str
    file: str
    change: str
    content: str

    def __str__(self) -> str:
        return f"{self.stage}/{self.file}: {self.change}"

    def write(self, folder: Path) -> None:
        """Write the whole submission into `folder`."""
        shutil.copytree(SOLUTIONS / self.stage, folder, dirs_exist_ok=True)
        (folder / self.file).write_text(self.content, encoding="utf-8")


Change = Callable[[], None]  # changes a copy of the tree
Site = tuple[str, Callable[[ast.AST], None]]  # the description of a change, and the change to a node


def mutants(stage: str) -> Iterator[Mutant]:
    """Yield the mutants of a stage's solution, each different text once."""
    for name in STAGES[stage].judged:
        source = (SOLUTIONS / stage / name).read_text(encoding="utf-8")
        changes = _of_python(source) if name.endswith(".py") else _of_settings(source)
        seen = {source}
        for change, content in changes:
            if content not in seen:
                seen.add(content)
                yield Mutant(stage, name, change, content)


def excused(*kinds: str) -> dict[str, str]:
    """Return the mutants that may pass, with the reason for each: `equivalent` ones, `free` ones, or both."""
    listed = tomllib.loads((ROOT / "tests" / "equivalent.toml").read_text(encoding="utf-8"))
    return {
        f"{stage}/{file}: {change}": one["reason"]
        for kind in kinds or listed
        for one in listed[kind]
        for change in one["changes"]
        for stage in STAGES
        for file in STAGES[stage].judged
        if stage.startswith(tuple(one["stages"]))
    }


def outcome(mutant: Mutant) -> str:
    """Return the outcome that the grader gives a mutant; an inconclusive one is graded once more."""
    with tempfile.TemporaryDirectory() as folder:
        mutant.write(Path(folder))
        for _ in range(2):
            verdict = grade(f"--submission={folder}", "-k", mutant.stage)
            said = str(verdict.report["stages"][mutant.stage]["outcome"])
            if said != "inconclusive":
                break
    return LOST if said == "passed" and verdict.failed(mutant.stage) else said


# --- Python


def _of_python(source: str) -> Iterator[tuple[str, str]]:
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not _is_main(node)]
    places = _places(tree)
    for index, node in enumerate(ast.walk(tree)):
        for words, change in _sites(node, places.get(node, "")):
            mutated = copy.deepcopy(tree)
            change(list(ast.walk(mutated))[index])
            yield words, ast.unparse(ast.fix_missing_locations(mutated)) + "\n"
    for words, mutated in _shared_states(tree):
        yield words, ast.unparse(ast.fix_missing_locations(mutated)) + "\n"


def _places(tree: ast.Module) -> dict[ast.AST, str]:
    """Return, in words, the call or statement to which each node belongs."""
    places: dict[ast.AST, str] = {}
    for outer in ast.walk(tree):  # the outer before the inner
        if isinstance(outer, ast.Call | ast.stmt):
            places.update(dict.fromkeys(ast.walk(outer), _short(outer)))
    return places


def _is_main(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _sites(node: ast.AST, place: str) -> Iterator[Site]:
    """Yield the possible changes to a node; `place` names the call or statement to which it belongs."""
    body = getattr(node, "body", None)
    if isinstance(body, list):
        yield from _statements(body, node)
    if isinstance(node, ast.FunctionDef):
        yield from _decorators(node)
        yield from _wrong_variables(node)
    if isinstance(node, ast.Constant):
        yield from _constants(node, place)
    if isinstance(node, ast.Call):
        yield from _keywords(node)
    if isinstance(node, ast.Compare):
        yield f"swap the comparison {ast.unparse(node)}", _swap_comparison
    if isinstance(node, ast.If):
        yield f"negate if {ast.unparse(node.test)}", _negate


def _statements(body: list[ast.stmt], owner: ast.AST) -> Iterator[Site]:
    own = [
        index
        for index, statement in enumerate(body)
        if not isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass) and not _is_docstring(statement)
    ]
    for index in own:
        yield f"drop {_short(body[index])}", _dropping(index)
        if isinstance(body[index], ast.With):
            yield f"remove with from {_short(body[index])}", _without_with(index)
    for first, second in pairwise(own):
        if _has_order(owner, body[first], body[second]):
            yield f"swap {_short(body[first])} and {_short(body[second])}", _swapping(first, second)


def _has_order(owner: ast.AST, first: ast.stmt, second: ast.stmt) -> bool:
    """Tell whether the order of two statements can make a difference."""
    if isinstance(owner, ast.ClassDef):  # the order of a sequence's steps matters
        are_steps = all(isinstance(one, ast.FunctionDef) and one.decorator_list for one in (first, second))
        return are_steps and any("Sequential" in ast.unparse(base) for base in owner.bases)
    if any(isinstance(one, ast.FunctionDef | ast.ClassDef) for one in (first, second)):
        return False  # their bodies run later
    do_something = all(any(isinstance(node, ast.Call) for node in ast.walk(one)) for one in (first, second))
    stored = _used(first, ast.Store) & _used(second) | _used(second, ast.Store) & _used(first)
    return do_something or bool(stored)


def _used(tree: ast.AST, context: type[ast.expr_context] = ast.expr_context) -> set[str]:
    """Return the names and the attributes that are used in this way."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute))
    return {ast.unparse(node) for node in nodes if isinstance(node.ctx, context)}


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _short(node: ast.AST) -> str:
    """Return the first line that is not blank."""
    lines = ast.unparse(node).splitlines()
    return next((line.strip() for line in lines if not line.strip().startswith("@")), lines[0])


def _dropping(index: int) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        node.body[index : index + 1] = [] if len(node.body) > 1 else [ast.Pass()]  # type: ignore[attr-defined]

    return change


def _swapping(first: int, second: int) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        body = node.body  # type: ignore[attr-defined]
        body[first], body[second] = body[second], body[first]

    return change


def _without_with(index: int) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        body = node.body  # type: ignore[attr-defined]
        block = body[index]
        opened = [
            ast.Assign([item.optional_vars], item.context_expr) if item.optional_vars else ast.Expr(item.context_expr)
            for item in block.items
        ]
        body[index : index + 1] = [*opened, *block.body]

    return change


def _decorators(node: ast.FunctionDef) -> Iterator[Site]:
    for index, decorator in enumerate(node.decorator_list):

        def change(node: ast.AST, index: int = index) -> None:
            del node.decorator_list[index]  # type: ignore[attr-defined]

        yield f"remove @{ast.unparse(decorator)} from {node.name}", change


def _constants(node: ast.Constant, place: str) -> Iterator[Site]:
    values: list[object] = []
    if isinstance(node.value, bool):
        values = [not node.value]
    elif isinstance(node.value, int | float):
        values = [node.value * 2 if node.value >= 10 else node.value + 1, 0]
    elif isinstance(node.value, str) and "/" in node.value:
        values = [node.value + "x"]
    for value in values:

        def change(node: ast.AST, value: object = value) -> None:
            node.value = value  # type: ignore[attr-defined]

        yield f"{node.value!r} becomes {value!r} in {place}", change


def _keywords(node: ast.Call) -> Iterator[Site]:
    for index, keyword in enumerate(node.keywords):

        def change(node: ast.AST, index: int = index) -> None:
            del node.keywords[index]  # type: ignore[attr-defined]

        yield f"drop {ast.unparse(keyword)} from {ast.unparse(node.func)}", change


def _swap_comparison(node: ast.AST) -> None:
    node.ops = [OPPOSITE[type(op)]() for op in node.ops]  # type: ignore[attr-defined]


def _negate(node: ast.AST) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]


def _wrong_variables(function: ast.FunctionDef) -> Iterator[Site]:
    """Yield a change for each use of a local name or an attribute of self: another one of the function replaces it."""
    names = _names(function)
    for index, node in enumerate(ast.walk(function)):
        if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        used = ast.unparse(node)
        if used not in names:
            continue
        for other in sorted(names - {used}):

            def change(node: ast.AST, index: int = index, other: str = other) -> None:
                _become(list(ast.walk(node))[index], ast.parse(other, mode="eval").body)

            yield f"{used} becomes {other} in {function.name}, place {index}", change


def _names(function: ast.FunctionDef) -> set[str]:
    found = set()
    for node in ast.walk(function):
        is_own = isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self")
        if is_own and isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(ast.unparse(node))
    return found


def _become(node: ast.AST, other: ast.expr) -> None:
    node.__class__ = other.__class__
    node.__dict__ = {**other.__dict__, "ctx": ast.Load()}


def _shared_states(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Yield the tree with a user's own attribute turned into one that all users share."""
    for one in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        stored = {
            node.attr
            for node in ast.walk(one)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
        }
        for name in sorted(stored):
            mutated = copy.deepcopy(tree)
            for node in ast.walk(next(c for c in mutated.body if isinstance(c, ast.ClassDef) and c.name == one.name)):
                if isinstance(node, ast.Attribute) and node.attr == name and ast.unparse(node.value) == "self":
                    node.value = ast.Name(one.name, ast.Load())
            yield f"self.{name} becomes one for all of {one.name}", mutated


# --- settings


def _of_settings(source: str) -> Iterator[tuple[str, str]]:
    lines = source.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if "=" not in line or line.startswith("#"):
            continue
        name, value = (part.strip() for part in line.split("=", 1))
        others: list[str | None] = [None]
        if re.fullmatch(r"[\d.]+", value):
            others += [str(float(value) * 1.5) if "." in value else str(int(value) * 2)]
        elif value == "true":
            others += ["false"]
        for other in others:
            changed = [f"{name} = {other}\n"] if other else []
            words = f"drop {line.strip()}" if other is None else f"{line.strip()} becomes {other}"
            yield words, "".join([*lines[:index], *changed, *lines[index + 1 :]])


# --- all of them


def survivors(chosen: list[Mutant], jobs: int) -> dict[Mutant, str]:
    """Return the mutants that were not rejected, with their outcomes; print each outcome at once."""
    known, left = excused(), {}
    with ThreadPoolExecutor(jobs) as pool:
        for number, (mutant, said) in enumerate(zip(chosen, pool.map(outcome, chosen), strict=True), start=1):
            if said not in REJECTED:
                left[mutant] = said
            reason = known.get(str(mutant), "")
            print(f"{number:4} of {len(chosen)}  {said:12}  {mutant}{f'  ({reason})' if reason else ''}", flush=True)
    return left


def main() -> int:
    """Grade mutants; end with 1 if one passes that may not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--stage", default="", help="one stage only, by its number or name")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many of each stage, drawn by lot")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="side by side (%(default)s)")
    options = parser.parse_args()
    chosen = []
    for stage in (name for name in STAGES if name.startswith(options.stage)):
        own = list(mutants(stage))
        chosen += random.sample(own, min(options.sample, len(own))) if options.sample else own
    left = survivors(chosen, options.jobs)
    unknown = [mutant for mutant in left if str(mutant) not in excused()]
    equivalent, free = (sum(str(mutant) in excused(kind) for mutant in left) for kind in ("equivalent", "free"))
    rejected, due = len(chosen) - len(left), len(chosen) - len(left) + len(unknown)
    print(f"{rejected} of {due} mutants rejected; {equivalent} others mean nothing, {free} are free to pass")
    for mutant in unknown:
        print(f"{left[mutant]}: {mutant}")
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main())
