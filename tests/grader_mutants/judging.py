"""The judging code: the part of the graders that decides on outcomes, and the part that only chooses words."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from checks.stages import ROOT

# The lab's modules that judge, except for the names given here, which make runs or read printed output.
ROOMS: dict[str, tuple[str, ...]] = {
    "judging/cluster/announcements": (),
    "judging/cluster/configuration": (),
    "judging/cluster/failover": (),
    "judging/cluster/ids": (),
    "judging/cluster/late_master": (),
    "judging/cluster/load": (),
    "judging/cluster/log": (),
    "judging/cluster/model": (),
    "judging/cluster/start": (),
    "judging/cluster/worker_kill": ("kill_a_worker", "_arguments", "_get_to_work", "_goes_on", "_kill"),
    "judging/data/dataset": ("Dataset", "_named", "_unsorted"),
    "judging/data/errors": (),
    "judging/data/model": (),
    "judging/data/progress": (),
    "judging/data/reporting": (),
    "judging/data/rules": (),
    "judging/data/think_time": (),
    "judging/numbers": (),
    "judging/pauses": (),
    "judging/stress/concurrency": (),
    "judging/stress/control": (),
    "judging/stress/gaps": (),
    "judging/stress/sleep": (),
    "judging/stress/stops": (),
    "judging/stress/runs": ("StressTest", "PAIR", "SLOW", "FEW", "AFTERWARDS", "FILE", "_is_enough"),
    "judging/slo/counting": (),
    "judging/slo/messages": (),
    "judging/host": (),
    "judging/slo/rounds": (),
    "judging/sequence": (),
    "judging/slo/limit": (),
    "judging/slo/advice": (),
    "judging/slo/script": ("drawn", "_quick", "_slow", "run_through"),
    "judging/visitors": (),
    "lab/submission/findings": (),
    "lab/verdict/diagnosis": ("uncaught",),
    "lab/verdict/figures": (),
    "lab/verdict/strain": (),
}
EXCEPTIONS = ("Failed", "Inconclusive", "NotStarted")
SPOKEN = ("seen", "expected", "advice")  # fields that a learner reads
Function = ast.FunctionDef


@dataclass(frozen=True)
class Source:
    """A module of the graders."""

    file: Path
    module: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module's code."""
        return ast.parse(self.file.read_text(encoding="utf-8"))

    @property
    def stage(self) -> str:
        """The stage that it judges; empty for a module of the lab."""
        return self.file.stem.removeprefix("test_") if self.file.stem.startswith("test_") else ""

    @cached_property
    def known(self) -> dict[str, ast.stmt]:
        """Functions, methods, and constants, by name, except those that make runs."""
        left_out = ROOMS.get(self.file.relative_to(ROOT / "checks").with_suffix("").as_posix(), ())
        named = ((name, node) for name, node in _named(self.tree.body) if name.partition(".")[0] not in left_out)
        return {name: node for name, node in named if not _makes_runs(node)}

    @property
    def pieces(self) -> dict[str, ast.stmt]:
        """The functions and constants that judge."""
        return {name: node for name, node in self.known.items() if (self, name) in _judging()}

    def __str__(self) -> str:
        return self.file.relative_to(ROOT).as_posix()


@cache
def sources() -> tuple[Source, ...]:
    """Return the modules that judge: the checks first."""
    checks = [Source(file, f"checks.{file.stem}") for file in sorted((ROOT / "checks").glob("test_*.py"))]
    rooms = [_source(ROOT / "checks" / f"{name}.py") for name in ROOMS]
    return (*checks, *(room for room in rooms if room.file.exists()))


def _source(file: Path) -> Source:
    return Source(file, ".".join(file.relative_to(ROOT).with_suffix("").parts))


@cache
def _judging() -> frozenset[tuple[Source, str]]:
    """Return the names that the criteria need, directly or indirectly."""
    due = [(source, name) for source in sources() for name, node in source.known.items() if _is_criterion(node)]
    found: set[tuple[Source, str]] = set()
    while due:
        source, name = due.pop()
        if (source, name) not in found:
            found.add((source, name))
            used = _used(source.known[name])
            rooms = [source, *(other for other in sources() if other is not source and not other.stage)]
            due += [(room, one) for room in rooms for one in room.known if _is_used(one, used, room is source)]
    return frozenset(found)


def _is_used(name: str, used: set[str], is_own: bool) -> bool:
    """Tell whether a name is used; a private one counts only in its own module."""
    owner, _, own = name.rpartition(".")
    if own == "__str__":
        return owner in used
    return own in used and (is_own or not own.startswith("_"))


def _named(body: Iterable[ast.stmt], owner: str = "") -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, Function):
            yield owner + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _named(node.body, f"{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)):
                yield owner + name, node


def _makes_runs(node: ast.stmt) -> bool:
    """Tell whether a fixture of the whole module, or a run that is made when it is first asked for."""
    decorators = [ast.unparse(one) for one in getattr(node, "decorator_list", [])]
    return any("module" in one or one == "cached_property" for one in decorators)


def _used(node: ast.AST) -> set[str]:
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return names | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)} | set(_parameters(node))


def _parameters(node: ast.AST) -> list[str]:
    return [one.arg for one in ast.walk(node) if isinstance(one, ast.arg)]


# --- words


@cache
def words() -> frozenset[ast.AST]:
    """Return the nodes of judging code that only choose the words of a message, or build them.

    They are part of an exception's message, of a variable that is used only there, or of a function or a constant that
    is used only there. At first every node counts as one of them, until another use of it is found.
    """
    return frozenset(_Words().found)


class _Words:
    """The search for the words: repeated until no further name turns out to have another use."""

    def __init__(self) -> None:
        self.found: set[ast.AST] = set()
        self._used: set[str] = set(_used_elsewhere())  # functions and attributes that are used for more than words
        self._used_locals: set[tuple[Source, str, str]] = set()
        self._decides: set[str] = set()  # constants that judging code uses for more than words; with their own module
        count = -1
        while count != (count := len(self._used) + len(self._used_locals) + len(self._decides)):
            self.found.clear()
            for source in sources():
                for name, node in source.pieces.items():
                    self._visit(
                        node, _Place(source, name, _stored(node)), is_word=self._is_of_words_alone(node, source)
                    )

    def _is_of_words_alone(self, node: ast.AST, source: Source) -> bool:
        """Tell whether a function only builds words, or a failure of which only the words vary.

        For a constant, tell whether judging code only puts its value into words, even if runs depend on it.
        """
        if isinstance(node, ast.Assign | ast.AnnAssign):
            names = [name for name, _ in _named([node])]
            return self._decides.isdisjoint({*names, *(f"{source.module} {name}" for name in names)})
        if not isinstance(node, Function) or _is_criterion(node):
            return False
        name = f"fixture {node.name}" if _is_fixture(node) else _called(source, node.name)
        return node.name == "__str__" or node.name in _failures() or name not in self._used

    def _visit(self, node: ast.AST, place: "_Place", *, is_word: bool) -> None:
        if is_word:
            self.found.add(node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in place.own:
                self._used_locals.add((place.source, place.function, node.id))
            else:
                self._note(node.id, place.source)
        elif isinstance(node, ast.Attribute):
            self._note(node.attr, place.source)
        elif isinstance(node, Function):
            self._used |= {f"fixture {name}" for name in _parameters(node.args) if self._is_used(name, place)}
        for child, is_own_word in self._children(node, place):
            self._visit(child, place, is_word=is_word or is_own_word)

    def _note(self, name: str, source: Source) -> None:
        self._used.add(_called(source, name))
        self._decides.add(f"{source.module} {name}" if name in source.known else name)

    def _is_used(self, name: str, place: "_Place") -> bool:
        if name in place.own:
            return (place.source, place.function, name) in self._used_locals
        return _called(place.source, name) in self._used  # a constant of the module

    def _children(self, node: ast.AST, place: "_Place") -> Iterator[tuple[ast.AST, bool]]:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (*EXCEPTIONS, "Missing", *_failures()):
            yield from ((one, True) for one in node.args)
            yield from ((one.value, one.arg != "since") for one in node.keywords)
            return
        for child in ast.iter_child_nodes(node):
            is_said = isinstance(child, ast.keyword) and child.arg in SPOKEN
            is_set = isinstance(node, ast.Assign | ast.AugAssign) and child is node.value
            is_asked = isinstance(node, ast.If) and child is node.test
            yield child, is_said or ((is_set or is_asked) and self._sets_words(node, place))

    def _sets_words(self, node: ast.AST, place: "_Place") -> bool:
        """Tell whether a statement only sets variables that hold words."""
        if isinstance(node, ast.If):
            return all(self._sets_words(one, place) for one in (*node.body, *node.orelse))
        if not isinstance(node, ast.Assign | ast.AugAssign):
            return False
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [one for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
        is_plain = all(isinstance(one, ast.Name | ast.Tuple) for one in targets)
        return is_plain and not any(self._is_used(name.id, place) for name in names)


@dataclass(frozen=True)
class _Place:
    """A function, and the names that it sets."""

    source: Source
    function: str
    own: set[str]


def _called(source: Source, name: str) -> str:
    """Return the name by which a function is known; a private one is known only in its own module."""
    return f"{source.module} {name}" if name.startswith("_") else name


def _is_criterion(node: ast.AST) -> bool:
    return any("criterion" in ast.unparse(one) for one in getattr(node, "decorator_list", []))


def _is_fixture(node: ast.AST) -> bool:
    return any("fixture" in ast.unparse(one) for one in getattr(node, "decorator_list", []))


@cache
def _failures() -> frozenset[str]:
    """Return the functions that always build a failure."""
    pieces = (node for source in sources() for node in source.pieces.values())
    returned = ((node.name, node.returns) for node in pieces if isinstance(node, Function))
    return frozenset(name for name, kind in returned if kind and ast.unparse(kind) == "Failed")


def _stored(node: ast.AST) -> set[str]:
    """Return the names that a function sets: its parameters and variables."""
    names = (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    return {*names, *_parameters(node)} if isinstance(node, Function) else set()


@cache
def _used_elsewhere() -> frozenset[str]:
    """Return the names that the graders use outside of judging code."""
    judging = {id(part) for source in sources() for node in source.pieces.values() for part in ast.walk(node)}
    rooms = (ROOT / "checks" / name for name in ("judging", "lab"))
    others = {file for room in rooms for file in room.rglob("*.py")} - {source.file for source in sources()}
    found = set()
    for source in (*sources(), *map(_source, sorted(others))):
        nodes = [node for node in ast.walk(source.tree) if id(node) not in judging]
        names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        found |= {_called(source, name) for name in names}
    return frozenset(found)
