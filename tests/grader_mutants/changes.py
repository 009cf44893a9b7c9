"""Changes: one condition of a check removed, or weakened, at a time."""

import ast
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.grader_mutants.judging import Source
from tests.grader_mutants.judging import words as spoken

NEXT: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OTHER = {"all": "any", "any": "all", "min": "max", "max": "min"}
NO_TOLERANCE = 1e-6  # smaller numbers only allow for the rounding of floats
MOMENTS = {"start", "end", "begin", "since", "at", "lost_at", "last", "last_report", "complete", "known", "until"}
WORDLESS = ("start", "default", "n", "limit", "ndigits")  # keywords whose numbers are not conditions
BOUNDARY, NOTE = "on the boundary", "_noted"
Change = Callable[[ast.AST], None]


@dataclass(frozen=True)
class Mutant:
    """A module of the graders with one change; `is_advice` if the change can only choose other words."""

    source: Source
    function: str
    first: int  # line
    last: int
    change: str
    is_advice: bool
    is_constant: bool  # of the module or a class, not a part of a function
    tree: ast.Module
    probe: ast.Module | None = None  # the module unchanged, except that it tells `NOTE` what it compares at a boundary

    @property
    def name(self) -> str:
        """Its name in the list of excuses: without its line, which moves."""
        return f"{self.source} {self.function}: {self.change}"

    def __str__(self) -> str:
        return f"{self.source}:{self.first} {self.function}: {self.change}"


def mutants(source: Source) -> Iterator[Mutant]:
    """Yield the mutants of a module, each different code once."""
    pieces: dict[ast.stmt, str] = {}  # constants that are set together have several names
    for name, piece in source.pieces.items():
        pieces.setdefault(piece, name)
    for piece, function in pieces.items():
        seen, code, packed = {ast.unparse(piece)}, _code(piece), pickle.dumps(piece)
        for index, node in enumerate(ast.walk(piece)):
            for words, change in sites(node, piece) if node in code else ():
                changed = _changed(packed, index, change)
                if (content := ast.unparse(changed)) not in seen:
                    seen.add(content)
                    is_boundary = words.startswith(BOUNDARY)
                    yield Mutant(
                        source,
                        function,
                        *_lines(node),
                        change=words,
                        is_advice=_asked(node) in spoken(),
                        is_constant=not isinstance(piece, ast.FunctionDef),
                        tree=_with(source.tree, piece, changed),
                        probe=_with(source.tree, piece, _changed(packed, index, _noting)) if is_boundary else None,
                    )


def _changed(packed: bytes, index: int, change: Change) -> ast.stmt:
    """Return a copy of a piece of code, which comes pickled, with a change made to one of its nodes."""
    changed: ast.stmt = pickle.loads(packed)  # noqa: S301 - our own, and many times faster than a deep copy
    change(list(ast.walk(changed))[index])
    return ast.fix_missing_locations(changed)


def _with(owner: Any, piece: ast.stmt, changed: ast.stmt) -> Any:
    """Return a module, or a class of it, with one piece changed."""
    body = [changed if one is piece else one for one in owner.body]
    body = [_with(one, piece, changed) if isinstance(one, ast.ClassDef) else one for one in body]
    return owner if body == owner.body else type(owner)(**{**vars(owner), "body": body})


def _code(piece: ast.stmt) -> set[ast.AST]:
    """Return the nodes that run when a function runs, without decorators and annotations; for a constant, its value.

    A function that a constant calls, such as one that makes a script of answers, makes runs.
    """
    if isinstance(piece, ast.FunctionDef):
        return {piece, *(part for statement in piece.body for part in ast.walk(statement))}
    parts = set(ast.walk(piece)) - {piece}
    return set() if any(isinstance(one, ast.Call) for one in parts) else parts


def _asked(node: ast.AST) -> ast.AST:
    return node.test if isinstance(node, ast.If) else node


def _lines(node: ast.AST) -> tuple[int, int]:
    """Return the lines whose execution reaches the change."""
    if isinstance(node, ast.comprehension):
        node = node.iter
    if isinstance(node, ast.If):
        node = node.test
    if isinstance(node, ast.For):
        return node.lineno, node.iter.end_lineno or node.lineno
    return node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]


def sites(node: ast.AST, piece: ast.AST) -> Iterator[tuple[str, Change]]:
    """Yield the possible changes to a node of a function or a constant, each with its description."""
    if isinstance(node, ast.If | ast.IfExp):
        yield from _choices(node)
    if isinstance(node, ast.BoolOp):
        yield from _operands(node)
    if isinstance(node, ast.comprehension):
        yield from _filters(node)
    if isinstance(node, ast.Compare):
        yield from _comparisons(node)
    if isinstance(node, ast.For):
        yield from _loops(node)
    if isinstance(node, ast.Call):
        yield from _calls(node)
    if isinstance(node, ast.Return | ast.Assign) and isinstance(node.value, ast.Compare):
        yield from _settled(node.value)
    if isinstance(getattr(node, "body", None), list):
        yield from _statements(node)
    yield from _numbers(node)
    if node is getattr(piece, "value", None) and isinstance(node, ast.Constant):  # a constant of the module
        yield from _factors(node, ast.unparse(piece), lambda owner: owner)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else text[:87] + "..."


# --- conditions


def _choices(node: ast.If | ast.IfExp) -> Iterator[tuple[str, Change]]:
    yield f"never: {_short(node.test)}", _testing(ast.And(), value=False)
    leaves = isinstance(node, ast.If) and all(isinstance(one, ast.Return | ast.Continue) for one in node.body)
    if leaves or node.orelse:
        yield f"always: {_short(node.test)}", _testing(ast.Or(), value=True)


def _testing(operator: ast.boolop, *, value: bool) -> Change:
    def change(node: ast.AST) -> None:
        node.test = ast.BoolOp(operator, [node.test, ast.Constant(value)])  # type: ignore[attr-defined]

    return change


def _operands(node: ast.BoolOp) -> Iterator[tuple[str, Change]]:
    for index, operand in enumerate(node.values):

        def change(node: ast.AST, index: int = index) -> None:
            rest = [one for number, one in enumerate(node.values) if number != index]  # type: ignore[attr-defined]
            node.values = rest * 2 if len(rest) == 1 else rest  # type: ignore[attr-defined]

        yield f"without {_short(operand)} in {_short(node)}", change


def _filters(node: ast.comprehension) -> Iterator[tuple[str, Change]]:
    for index, one in enumerate(node.ifs):

        def change(node: ast.AST, index: int = index) -> None:
            del node.ifs[index]  # type: ignore[attr-defined]

        yield f"without if {_short(one)} for {_short(node.target)} in {_short(node.iter)}", change


def _comparisons(node: ast.Compare) -> Iterator[tuple[str, Change]]:
    for index, operator in enumerate(node.ops):
        if type(operator) in NEXT:
            yield f"{BOUNDARY}: {_short(node)}", _on_the_boundary(index)
            if _is_count(node.comparators[index]):
                for factor in (2, 0.5):
                    yield f"bound times {factor}: {_short(node)}", _times(index, factor)
    if len(node.ops) > 1:
        yield f"without the left side of {_short(node)}", _without_the_left
        yield f"without the right side of {_short(node)}", _without_the_right


def _is_count(bound: ast.AST) -> bool:
    """Tell whether a bound can be doubled, and no number in it is doubled already; doubling a moment makes no sense."""
    names = {one.id for one in ast.walk(bound) if isinstance(one, ast.Name)}
    names |= {one.attr for one in ast.walk(bound) if isinstance(one, ast.Attribute)}
    has_number = any(isinstance(one, ast.Constant) for one in ast.walk(bound)) or any(map(str.isupper, names))
    return not has_number and not names & MOMENTS


def _on_the_boundary(index: int) -> Change:
    def change(node: ast.AST) -> None:
        node.ops[index] = NEXT[type(node.ops[index])]()  # type: ignore[attr-defined]

    return change


def _noting(node: ast.AST) -> None:
    sides = [node.left, *node.comparators]  # type: ignore[attr-defined]
    node.left, *node.comparators = (  # type: ignore[attr-defined]
        ast.Call(ast.Name(NOTE, ast.Load()), [side], []) for side in sides
    )


def _times(index: int, factor: float) -> Change:
    def change(node: ast.AST) -> None:
        bounds = node.comparators  # type: ignore[attr-defined]
        bounds[index] = ast.BinOp(bounds[index], ast.Mult(), ast.Constant(factor))

    return change


def _without_the_left(node: ast.AST) -> None:
    node.left, *node.comparators = node.comparators  # type: ignore[attr-defined]
    del node.ops[0]  # type: ignore[attr-defined]


def _without_the_right(node: ast.AST) -> None:
    del node.comparators[-1], node.ops[-1]  # type: ignore[attr-defined]


def _settled(node: ast.Compare) -> Iterator[tuple[str, Change]]:
    for value in (True, False):

        def change(node: ast.AST, value: bool = value) -> None:
            node.value = ast.Constant(value)  # type: ignore[attr-defined]

        yield f"always {value}: {_short(node)}", change


def _loops(node: ast.For) -> Iterator[tuple[str, Change]]:
    if isinstance(node.iter, ast.Tuple | ast.List):
        for index, one in enumerate(node.iter.elts):

            def change(node: ast.AST, index: int = index) -> None:
                del node.iter.elts[index]  # type: ignore[attr-defined]

            yield f"loop without {_short(one)}", change
        return
    most = 0 if isinstance(node.body[-1], ast.Raise | ast.Return) else 1  # a block that ends the loop runs only once
    words = f"only the first of {_short(node.iter)}" if most else f"none of {_short(node.iter)}"

    def shorten(node: ast.AST) -> None:
        all_of_it = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])  # type: ignore[attr-defined]
        node.iter = ast.Subscript(all_of_it, ast.Slice(None, ast.Constant(most)), ast.Load())  # type: ignore[attr-defined]

    yield words, shorten


def _calls(node: ast.Call) -> Iterator[tuple[str, Change]]:
    name = ast.unparse(node.func)
    if name in OTHER:
        yield f"{OTHER[name]} for {_short(node)}", _calling(OTHER[name])
    if name == "abs":
        yield f"without abs of {_short(node.args[0])}", _calling("float")


def _calling(name: str) -> Change:
    def change(node: ast.AST) -> None:
        node.func = ast.Name(name, ast.Load())  # type: ignore[attr-defined]

    return change


def _statements(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Yield each call among the statements of a block, such as one of a `require`, as one that can be left out."""
    body: list[ast.stmt] = node.body  # type: ignore[attr-defined]
    for index, statement in enumerate(body):
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant):

            def change(node: ast.AST, index: int = index) -> None:
                node.body[index] = ast.Expr(ast.Constant(None))  # type: ignore[attr-defined]

            yield f"without {_short(statement)}", change


# --- numbers


def _numbers(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Yield the numbers that an expression compares with, calculates with, passes on, or cuts off at."""
    if isinstance(node, ast.Compare):
        for index, (operator, one) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if type(operator) in NEXT:
                yield from _factors(one, _short(node), lambda owner, index=index: owner.comparators[index])
        if type(node.ops[0]) in NEXT:
            yield from _factors(node.left, _short(node), lambda owner: owner.left)
    elif isinstance(node, ast.BinOp):
        yield from _factors(node.left, _short(node), lambda owner: owner.left)
        yield from _factors(node.right, _short(node), lambda owner: owner.right)
    elif isinstance(node, ast.Slice):
        yield from _factors(node.lower, f"[{_short(node)}]", lambda owner: owner.lower)
        yield from _factors(node.upper, f"[{_short(node)}]", lambda owner: owner.upper)
    elif isinstance(node, ast.Call):
        for index, one in enumerate(node.args):
            yield from _factors(one, _short(node), lambda owner, index=index: owner.args[index])
        for index, keyword in enumerate(node.keywords):
            if keyword.arg not in WORDLESS:
                yield from _factors(keyword.value, _short(node), lambda owner, index=index: owner.keywords[index].value)
    elif isinstance(node, ast.Tuple):  # constants that are set together
        for index, one in enumerate(node.elts):
            yield from _factors(one, _short(node), lambda owner, index=index: owner.elts[index])


def _factors(one: ast.AST | None, words: str, part: Callable[[ast.AST], ast.AST]) -> Iterator[tuple[str, Change]]:
    sign = -1 if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.USub) else 1
    number = one.operand if isinstance(one, ast.UnaryOp) else one
    if not isinstance(number, ast.Constant) or isinstance(number.value, bool | str | bytes | None) or sign < 0:
        return
    value = number.value
    if not isinstance(value, int | float) or 0 < value < NO_TOLERANCE:
        return
    others = (1,) if value == 0 else (value * 2, value // 2 if isinstance(value, int) else value / 2)
    for other in others:

        def change(node: ast.AST, other: float = other) -> None:
            part(node).value = other  # type: ignore[attr-defined]

        yield f"{value!r} becomes {other!r} in {words}", change
