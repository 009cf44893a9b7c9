"""The spelling: which strings in a Python file can make an address, and how much of it they spell out.

f"/comments?postId={id}" can make /comments?postId=7, and usually no other string can. This runs in the reader.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from functools import partial

# In "..." % ... and "...".format(...). Flags, width and precision are bounded, so that the search stays quick.
HOLE = re.compile(r"%(?:\(\w*\))?[-#0 +]{0,5}\d{0,4}(?:\.\d{0,4})?[sdirfx]|\{[^{}]*\}")
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def answer(question: dict[str, str]) -> list[tuple[int, int]]:
    """Return the weight and the line of each string of a text that can make the address of a request."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of an invalid escape in the submission's text
            tree = ast.parse(question["text"])
        return list(_weighed(tree, question["method"], question["address"]))
    except UNREADABLE:
        return []


def _weighed(tree: ast.Module, method: str, address: str) -> Iterator[tuple[int, int]]:
    """Yield the weight (how much is spelt out) and the line of each string that can make the address."""
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    pieces = partial(_pieces, names=names)
    verbs = {
        id(argument): node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        for argument in node.args[:2]
    }
    labels = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "name"}
    sums = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp)]
    parts = {id(part) for node in sums for part in (node.left, node.right)}  # only the sum as a whole is examined
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call | ast.Name) or id(node) in labels:
            continue
        if id(node) in parts or (isinstance(node, ast.Name) and id(node) not in verbs):
            continue
        literals = pieces(node)
        if "/" in "".join(literals) and (_fits(literals, address) or _fits(literals, address.partition("?")[0])):
            verb = verbs.get(id(node), "")
            yield 3 * sum(map(len, literals)) + 2 * (verb == method.lower()) + bool(verb), node.lineno


def _pieces(node: ast.expr, names: dict[str, ast.expr]) -> list[str]:
    """Return what a string spells out, in pieces; anything may stand between two of them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), ast.Constant):
        return _pieces(names[node.id], {})
    if isinstance(node, ast.JoinedStr):
        joined = [""]
        for part in node.values:
            _join(joined, _pieces(part.value if isinstance(part, ast.FormattedValue) else part, names))
        return joined
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        joined = _pieces(node.left, names)
        _join(joined, _pieces(node.right, names))
        return joined
    template = node.left if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = node.func.value
    if isinstance(template, ast.Name):
        template = names.get(template.id)
    if isinstance(template, ast.Constant) and isinstance(template.value, str):
        return HOLE.split(template.value)
    return ["", ""]


def _join(joined: list[str], more: list[str]) -> None:
    joined[-1] += more[0]
    joined += more[1:]


def _fits(pieces: list[str], text: str) -> bool:
    """Tell whether the pieces make the text, with anything in between; in one pass, whatever a submission contains."""
    if len(pieces) == 1:
        return text == pieces[0]
    head, *middle, tail = pieces
    if len(head) + len(tail) > len(text) or not (text.startswith(head) and text.endswith(tail)):
        return False
    position, end = len(head), len(text) - len(tail)
    for piece in middle:
        position = text.find(piece, position, end) + len(piece)
        if position < len(piece):
            return False
    return True
