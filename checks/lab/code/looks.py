"""The looks: where a submission reads something that differs between a grading and real life, and decides by it.

Looking may be honest; only a person can tell its purpose. So a value that is merely printed, passed on or measured
is left out, as far as that can be recognized.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from checks.lab.code.names import Names, assigned, quoted, text_of
from checks.lab.code.surroundings import (
    ADDRESS,
    ASKING,
    ATTRIBUTES,
    CLOCK,
    CLOCKS,
    COMMAND,
    DECIDING,
    ELSEWHERE,
    EVERYWHERE,
    HOST,
    LISTENERS,
    MACHINE,
    MAKING,
    OF_THE_GRADER,
    OPTIONS,
    OWN_OPTIONS,
    PLACE,
    PURE,
    ROLES,
    STARTS,
    USERS,
)

WAIT = "wait_time"
DEPTH = 40  # to which expressions are followed
LONGEST = 1000  # characters of a text that are searched


@dataclass
class _Scope:
    """A function, or the module outside of its functions: its nodes, and what its names reveal."""

    root: ast.AST
    nodes: Sequence[ast.AST]
    waits: bool
    tells: dict[str, str] = field(default_factory=dict)
    moments: set[str] = field(default_factory=set)  # names of a clock's readings


def looks(tree: ast.Module, nodes: Sequence[ast.AST], names: Names) -> Iterator[tuple[int, str]]:
    """Yield a line and a note for each look by which a module decides, and for each that is worth a note anyway."""
    found: dict[tuple[int, str], str] = {}
    for line, what, where in _LookFinder(tree, nodes, names).found():
        found.setdefault((line, what), where)
    for (line, what), where in found.items():
        yield line, f"looks at {what} ({where}): does it behave differently when it is graded?"
    for node in nodes:
        for text in _asked_about(node):
            if ADDRESS.search(text):
                yield node.lineno, f"compares with the address of a brief ({text[:60]!r})"  # type: ignore[attr-defined]
    yield from _naming_the_grader(nodes)


def _naming_the_grader(nodes: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield the places where a text names something that a submission meets only in a grading."""
    documents = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            found = OF_THE_GRADER.search(node.value[:LONGEST])
            if found:
                yield node.lineno, f"names what only a grader has ({found[0]})"


def _asked_about(node: ast.AST) -> Iterator[str]:
    """Yield the texts with which something is compared."""
    asked: Iterable[ast.expr] = ()
    if isinstance(node, ast.Compare):
        asked = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
        asked = node.args
    for each in asked:
        parts = each.elts if isinstance(each, ast.Tuple | ast.List | ast.Set) else [each]
        yield from filter(None, map(text_of, parts))


class _LookFinder:
    """Finds out what the values of a module's expressions reveal."""

    def __init__(self, tree: ast.Module, nodes: Sequence[ast.AST], names: Names) -> None:
        self._names = names
        waits = {WAIT} | {
            node.value.id
            for node in nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and _assigns(node, WAIT)
        }
        lambdas = {id(node.value) for node in nodes if isinstance(node, ast.Assign) and _assigns(node, WAIT)}
        self._module = _Scope(tree, list(_inside(tree)), waits=False)
        self._scopes = [self._module]
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                is_wait = getattr(node, "name", "") in waits or id(node) in lambdas
                self._scopes.append(_Scope(node, list(_inside(node)), is_wait))
        self._started = self._moments_of_the_start()
        for scope in self._scopes:
            self._follow(scope)

    def found(self) -> Iterator[tuple[int, str, str]]:
        """Yield a line, what the code there looks at, and the expression that looks."""
        for scope in self._scopes:
            for node in scope.nodes:
                if isinstance(node, ast.Name | ast.Attribute) and (what := self._worth_a_note(node)):
                    yield node.lineno, what, quoted(node)
                for decision in _decisions(node, scope):
                    if what := self._decided_by(decision, scope):
                        yield decision.value.lineno, what, quoted(decision.value)

    # --- what an expression reveals

    def _worth_a_note(self, node: ast.Name | ast.Attribute) -> str:
        """Return what a node reveals, if that is worth a note no matter what the code does with it."""
        if not isinstance(node.ctx, ast.Load):
            return ""
        name = self._names.of(node)
        if name.startswith("platform.") and self._names.is_imported(node):
            return MACHINE
        if isinstance(node, ast.Attribute) and node.attr == LISTENERS:
            return "who listens to Locust's events"
        if isinstance(node, ast.Attribute) and node.attr in OWN_OPTIONS and _is_of_options(node.value):
            return OPTIONS
        return EVERYWHERE.get(name, "") if name != "sys.argv" else ""

    def _told_by(self, node: ast.AST | None, scope: _Scope, depth: int = DEPTH) -> str:
        """Return what the value of an expression depends on; empty if that is nothing of note."""
        if node is None or depth == 0:
            return ""
        if isinstance(node, ast.Name) and (told := scope.tells.get(node.id) or self._module.tells.get(node.id)):
            return told
        if told := self._direct(node):
            return told
        if self._measures(node, scope) or _asks_for_role(node):
            return ""
        return next(filter(None, (self._told_by(part, scope, depth - 1) for part in self._parts(node))), "")

    def _direct(self, node: ast.AST) -> str:
        """Return what an expression itself reads, apart from its parts."""
        if isinstance(node, ast.Call):
            called = self._names.of(node.func)
            if called == "getattr" and len(node.args) > 1 and ATTRIBUTES.get(text_of(node.args[1])) == MAKING:
                return MAKING
            return CLOCK if called in CLOCKS else DECIDING.get(called, "")
        if isinstance(node, ast.Attribute) and ATTRIBUTES.get(node.attr) == MAKING:
            return MAKING
        name = self._names.of(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if name in ("__file__", "sys.argv"):
            return {"__file__": PLACE, "sys.argv": COMMAND}[name]
        if isinstance(node, ast.Attribute) and not self._names.is_imported(node):
            return ATTRIBUTES.get(node.attr, "")
        return ""

    def _parts(self, node: ast.AST) -> Iterable[ast.AST | None]:
        """Return the parts that determine an expression's value; the arguments of a call only if they are known to."""
        if isinstance(node, ast.Call):
            is_method = isinstance(node.func, ast.Attribute) and node.func.attr not in ELSEWHERE
            owner = [node.func.value] if isinstance(node.func, ast.Attribute) and is_method else []
            return [*owner, *(node.args if self._names.of(node.func) in PURE else ())]
        if isinstance(node, ast.Attribute | ast.Starred | ast.FormattedValue | ast.NamedExpr | ast.Await):
            return [node.value]
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return []
        return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]

    # --- clocks: measuring is honest; acting by the hour or by the age of the test is not

    def _measures(self, node: ast.AST, scope: _Scope) -> bool:
        """Tell whether an expression measures the time since something that the test itself has done."""
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            own = (part for side in sides for part in ast.walk(side) if isinstance(part, ast.Name))
            return all(self._told_by(side, scope) == CLOCK for side in sides) and any(
                name.id in scope.moments for name in own if scope is not self._module
            )
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)):
            return False
        since = node.right
        if isinstance(since, ast.Name):
            return since.id in scope.moments and scope is not self._module
        if isinstance(since, ast.Attribute):
            return since.attr not in self._started
        return isinstance(since, ast.Subscript | ast.Call)

    def _moments_of_the_start(self) -> set[str]:
        """Return the attributes that get a clock's reading only when users or the module start."""
        early, late = set[str](), set[str]()
        for scope in self._scopes:
            is_start = scope is self._module or getattr(scope.root, "name", "") in STARTS
            for target, value in (pair for node in scope.nodes for pair in assigned(node)):
                if isinstance(target, ast.Attribute) and self._reads_a_clock(value):
                    (early if is_start else late).add(target.attr)
        return early - late

    def _reads_a_clock(self, node: ast.AST) -> bool:
        return any(isinstance(part, ast.Call) and self._names.of(part.func) in CLOCKS for part in ast.walk(node))

    def _follow(self, scope: _Scope) -> None:
        """Find out what the names of a scope reveal."""
        for target, value in (pair for node in scope.nodes for pair in assigned(node)):
            if isinstance(target, ast.Name) and (told := self._told_by(value, scope)):
                scope.tells[target.id] = told
                if told == CLOCK:
                    scope.moments.add(target.id)

    # --- decisions

    def _decided_by(self, decision: "_Decision", scope: _Scope) -> str:
        """Return what a decision depends on, if a real test would hardly need that decision."""
        expression, told = decision.value, self._told_by(decision.value, scope)
        if not told or scope.waits or decision.selects:
            return told
        if told == HOST:
            return "" if isinstance(expression, ast.Name | ast.Attribute) or _asks_for_any(expression) else told
        if told in (USERS, CLOCK):
            return told if _has_number(expression) else ""
        return told


@dataclass(frozen=True)
class _Decision:
    """An expression by which a module decides what to do; `selects` if its value picks one of many."""

    value: ast.expr
    selects: bool = False


def _decisions(node: ast.AST, scope: _Scope) -> Iterator[_Decision]:
    """Yield the expressions by which a node decides."""
    if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
        yield from _truths(node.test)
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield from _truths(test)
    elif isinstance(node, ast.Match):
        yield _Decision(node.subject, selects=True)
    elif isinstance(node, ast.Compare):
        yield _Decision(node)
    elif isinstance(node, ast.Subscript):
        yield _Decision(node.slice, selects=True)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
        yield _Decision(node)
    if scope.waits and isinstance(node, ast.Return | ast.Assign) and node.value:
        yield _Decision(node.value)
    elif scope.waits and isinstance(scope.root, ast.Lambda) and node is scope.root.body:
        yield _Decision(scope.root.body)


def _truths(test: ast.expr) -> Iterator[_Decision]:
    """Yield the values whose truth a condition tests; comparisons are decisions of their own."""
    open_ones = [test]
    while open_ones:
        each = open_ones.pop()
        if isinstance(each, ast.BoolOp):
            open_ones += each.values
        elif isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not):
            open_ones.append(each.operand)
        elif not isinstance(each, ast.Compare):
            yield _Decision(each)


def _inside(root: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function or module in order, without those of the functions inside it."""
    open_ones = [root.body] if isinstance(root, ast.Lambda) else [*ast.iter_child_nodes(root)][::-1]
    while open_ones:
        node = open_ones.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            open_ones += [*ast.iter_child_nodes(node)][::-1]


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(name == getattr(target, "id", getattr(target, "attr", "")) for target in node.targets)


def _is_of_options(node: ast.AST) -> bool:
    return "options" in (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", ""))


def _asks_for_role(expression: ast.AST) -> bool:
    """Tell whether a comparison asks which one of several processes this is, by the command line."""
    if not isinstance(expression, ast.Compare):
        return False
    constants = {node.value for node in ast.walk(expression) if isinstance(node, ast.Constant)}
    return bool(constants) and constants <= set(ROLES)


def _asks_for_any(expression: ast.AST) -> bool:
    """Tell whether a comparison asks only whether there is something at all."""
    if not isinstance(expression, ast.Compare):
        return False
    return all(isinstance(part, ast.Constant) and not part.value for part in expression.comparators)


def _has_number(expression: ast.AST) -> bool:
    """Tell whether a fixed number other than 0 takes part: 0 only asks whether there is something at all."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value:
            return True
        if isinstance(node, ast.Name | ast.Attribute) and getattr(node, "id", getattr(node, "attr", "")).isupper():
            return True
    return False
