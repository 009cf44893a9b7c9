"""The origin: the line that a message names, or the one that has probably sent a request, found by reading the files.

Which line sent a request is not recorded. The strings of a file tell it: f"/comments?postId={id}" can make
/comments?postId=7, and mostly no other string can. Nothing of a submission runs here.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from checks.lab.evidence import Evidence, Source
from checks.lab.timeline import Mark, Row
from checks.lab.verdict import Result

BEFORE = 3  # requests of the same user
MAX_LINES = 3  # more candidates tell nothing
MAX_TEXT = 120
NAMED = re.compile(r"([\w./-]+\.\w+)(?:, line |:)(\d+)")  # as messages name a place
HOLE = re.compile(r"%(?:\(\w*\))?[-#0 +]*\d*(?:\.\d+)?[sdirfx]|\{[^{}]*\}")  # in "..." % ... and "...".format(...)
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Line:
    """A line of a submitted file."""

    file: str
    number: int
    text: str

    @property
    def place(self) -> str:
        """The line as editors open it."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class Origin:
    """Where a failure comes from, as far as that is known; `run` counts from 1, and is 0 where no request is to blame.

    The lines are certain where the message names one, and a good guess where they are those that fit the request.
    """

    lines: tuple[Line, ...] = ()
    run: int = 0
    row: Row | None = None
    mark: Mark | None = None
    before: tuple[Mark, ...] = ()  # what the same user sent just before


def origin(result: Result, evidence: Evidence) -> Origin:
    """Return where the failure of a criterion comes from."""
    for number, run in enumerate(evidence.runs, start=1):
        if run.culprit_of == result.criterion.title and run.culprit:
            row, mark = run.culprit
            earlier = row.marks[: row.marks.index(mark)] if run.every == 1 else ()
            return Origin(tuple(origins(mark.text, evidence.sources)), number, row, mark, earlier[-BEFORE:])
    certain = named(result.seen, evidence.sources)
    return Origin((certain,) if certain else ())


def line(source: Source, number: int) -> Line | None:
    """Return a line of a file; None where it has no such line."""
    lines = source.text.split("\n")
    if not 1 <= number <= len(lines):
        return None
    text = lines[number - 1].strip()
    return Line(source.name, number, text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}...")


def named(message: str, sources: Iterable[Source]) -> Line | None:
    """Return the first line of a submitted file that a message names."""
    by_name = {source.name.rpartition("/")[2]: source for source in reversed(list(sources))}
    for name, number in NAMED.findall(message):
        source = by_name.get(name.rpartition("/")[2])
        if source and len(number) < 8 and (found := line(source, int(number))):
            return found
    return None


def first(pattern: str, sources: Iterable[Source]) -> Line | None:
    """Return the first line of the Python files that a pattern is found in, comments and imports left aside."""
    wanted = re.compile(pattern)
    for source in sources:
        for number, text in enumerate(source.text.split("\n"), start=1):
            code = text.lstrip()[:MAX_TEXT]
            if source.name.endswith(".py") and not code.startswith(("#", "import ", "from ")) and wanted.search(code):
                return line(source, number)
    return None


def origins(request: str, sources: Iterable[Source]) -> list[Line]:
    """Return the lines whose strings can make a request such as "GET /pets?page=2", those that fit best."""
    method, _, address = request.partition(" ")
    found: list[tuple[int, Line]] = []
    for source in sources:
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(source.text) if source.name.endswith(".py") else None
            weighed = list(_weighed(tree, method, address)) if tree else []
        except UNREADABLE:
            continue
        found += [(weight, own) for weight, number in weighed if (own := line(source, number))]
    best = max((weight for weight, _ in found), default=0)
    lines = list(dict.fromkeys(own for weight, own in found if weight == best))
    return lines if len(lines) <= MAX_LINES else []


def _weighed(tree: ast.Module, method: str, address: str) -> Iterator[tuple[int, int]]:
    """Yield the weight and the line of each string that can make the address: how much of it is spelt out."""
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
    parts = {id(part) for node in sums for part in (node.left, node.right)}  # the sum as a whole is looked at once
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
    """Tell whether the pieces make the text, with anything in between; in one pass, whatever a submission spells."""
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
