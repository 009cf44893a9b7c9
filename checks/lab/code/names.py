"""The names: what an expression stands for, by the module's imports and assignments; none of its code runs."""

import ast
import builtins
import itertools
from collections.abc import Iterable, Iterator, Sequence

MAX_PARTS = 20  # of a dotted name; nobody writes a longer one
MAX_TERMS = 20  # of a text that an expression puts together
MAX_QUOTED, MAX_NODES = 60, 200  # characters, and parts of an expression, which may be as long as its file
ROUNDS = 3  # of names that stand for names that stand for names
BY_NAME = ("__import__", "importlib.import_module", "sys.modules")  # they give a module whose name is a text


class Names:
    """The names of one module: those that imports and plain assignments bind to something that has a dotted name.

    `known` are dotted names that a star import may bring along.
    """

    def __init__(self, nodes: Sequence[ast.AST], known: Iterable[str] = ()) -> None:
        self._stand_for = dict(_imports(nodes, known))
        self._imported = {name.partition(".")[0] for name in self._stand_for.values()}
        self._bound = set(_bindings(nodes))
        for _ in range(ROUNDS):
            self._stand_for = {**dict(self._aliases(nodes)), **self._stand_for}

    def _aliases(self, nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
        """Yield the names to which the module assigns something that is not its own, and what that is."""
        for target, value in (pair for node in nodes for pair in assigned(node)):
            name = self.of(value)
            first = name.partition(".")[0]
            is_from_elsewhere = first in self._imported or (first not in self._bound and hasattr(builtins, first))
            if isinstance(target, ast.Name) and is_from_elsewhere:
                yield target.id, name

    def of(self, node: ast.AST) -> str:
        """Return the dotted name of the object that an expression stands for; empty if it has none.

        `getattr(os, "kill")`, `vars(os)["kill"]` and `sys.modules["os"].kill` stand for os.kill.
        """
        parts: list[str] = []
        while len(parts) < MAX_PARTS:
            if module := self.module_by_name(node):
                return ".".join([module, *reversed(parts)])
            owner, part = self._looked_up(node)
            if owner is None:
                return _plain([self._dotted(node), *reversed(parts)]) if isinstance(node, ast.Name) else ""
            node, parts = owner, [*parts, part]
        return ""

    def _looked_up(self, node: ast.AST) -> tuple[ast.expr | None, str]:
        """Return the object in which an expression looks up a name, and the name; nothing if it is not written out."""
        if isinstance(node, ast.Attribute):
            return node.value, node.attr
        if isinstance(node, ast.Call) and len(node.args) > 1 and self._dotted(node.func) == "getattr":
            return (node.args[0], name) if (name := text_of(node.args[1])) else (None, "")
        if isinstance(node, ast.Subscript) and (name := text_of(node.slice)):
            return self.behind(node.value), name
        return None, ""

    def module_by_name(self, node: ast.AST) -> str:
        """Return the module that an expression gets by a text; empty if it gets none."""
        if isinstance(node, ast.Call) and node.args and self._dotted(node.func) in BY_NAME:
            return text_of(node.args[0])
        if isinstance(node, ast.Subscript) and self._dotted(node.value) in BY_NAME:
            return text_of(node.slice)
        return ""

    def behind(self, node: ast.AST) -> ast.expr | None:
        """Return the object whose names a dictionary holds: `os` for `vars(os)` and for `os.__dict__`."""
        if isinstance(node, ast.Attribute) and node.attr == "__dict__":
            return node.value
        if isinstance(node, ast.Call) and node.args and self._dotted(node.func) == "vars":
            return node.args[0]
        return None

    def _dotted(self, node: ast.AST) -> str:
        """Return what a plain name or dotted name stands for."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < MAX_PARTS:
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return _plain([self._stand_for.get(node.id, node.id), *reversed(parts)])

    def is_imported(self, node: ast.AST) -> bool:
        """Tell whether an expression begins with an imported name."""
        for _ in range(MAX_PARTS):
            if not isinstance(node, ast.Attribute | ast.Subscript):
                break
            node = node.value
        return isinstance(node, ast.Name) and self._dotted(node).partition(".")[0] in self._imported

    def is_own(self, name: str) -> bool:
        """Tell whether the module itself binds a name."""
        return name in self._bound


def _plain(parts: Sequence[str]) -> str:
    """Return a dotted name, without the owner if it is a builtin."""
    return ".".join(parts).removeprefix("builtins.").removeprefix("__builtins__.")


def assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield each target of an assignment with its value; `a, b = 1, 2` is taken apart."""
    if not isinstance(node, ast.Assign | ast.NamedExpr | ast.AnnAssign) or node.value is None:
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        both = (target, node.value)
        if all(isinstance(side, ast.Tuple | ast.List) for side in both):
            yield from zip(*(side.elts for side in both if isinstance(side, ast.Tuple | ast.List)), strict=False)
        else:
            yield both


def text_of(node: ast.AST) -> str:
    """Return the text that an expression of nothing but texts makes, such as "ki" + "ll"; empty if it is none."""
    return _text(node, MAX_TERMS) or ""


def quoted(node: ast.AST) -> str:
    """Return an expression as text, shortened to the length of a note."""
    is_long = len(list(itertools.islice(ast.walk(node), MAX_NODES))) == MAX_NODES
    return "..." if is_long else ast.unparse(node)[:MAX_QUOTED]


def _text(node: ast.AST, terms: int) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    parts: Sequence[ast.AST]
    if isinstance(node, ast.JoinedStr):
        parts = node.values
    elif isinstance(node, ast.FormattedValue):
        parts = [node.value]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
    else:
        return None
    if len(parts) > terms:
        return None
    texts = [_text(part, terms - 1) for part in parts]
    return "".join(text or "" for text in texts) if None not in texts else None


def _imports(nodes: Iterable[ast.AST], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that imports bind, and what they stand for."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                if alias.name == "*":
                    yield from ((one.rpartition(".")[2], one) for one in known if one.rpartition(".")[0] == node.module)
                else:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that a module binds by other means than an import."""
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
