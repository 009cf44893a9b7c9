"""The source: what a submission's Python says, as far as a reader with limits gets."""

import ast
import itertools
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from checks.lab.code.reader import answers
from checks.lab.code.sight import deceptions, visible

MAX_BYTES = 128 * 1024  # of a file
MAX_ALL = 1024 * 1024  # of all files of a submission: some 6 s to parse, at worst
MAX_NOTES = 20  # of a file are shown
MOST_NOTES = 5_000  # of a file are counted
LEVELS = 4  # of imports are followed, each by a reader of its own; deeper ones are read with the rest
DEEPEST = 10  # folders of a module
CALLED_BY_LOCUST = ("__init__", "on_start", "on_stop", "wait_time")
BRIEFS = re.compile(r"(127\.0\.0\.1|localhost):50[05]0")
LONGEST = 1_000  # characters of a text that are searched
UNREADABLE, TOO_MUCH = "it is no Python that can be read", "reading it takes too much time or memory"


@dataclass(frozen=True)
class Reading:
    """What a Python file says: the notes on its lines, the words in it, the modules that it imports.

    Words are names, .attributes, and texts of one word. `idle` are methods that send requests but are no tasks, by
    line. `is_addressed` tells whether it contains the address of a brief other than as the host of a class. `trouble`
    says why a file was not read; then there is nothing else.
    """

    notes: tuple[tuple[int, str], ...] = ()
    words: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    idle: tuple[tuple[int, str], ...] = ()
    is_addressed: bool = False
    trouble: str = ""


def read(files: Mapping[str, bytes], entry: str) -> dict[str, Reading]:
    """Return what each of some Python files says; `entry` and what it imports are read first. Raises nothing."""
    found: dict[str, Reading] = {}
    room = MAX_ALL
    for level in range(LEVELS + 1):
        names = reached(entry, found, files) if level < LEVELS else files
        read, room = _read({name: files[name] for name in names if name not in found}, room)
        found |= read
    return found


def _read(files: Mapping[str, bytes], room: int) -> tuple[dict[str, Reading], int]:
    """Return what some files say, as far as there is room for them, and the room that is left."""
    found, texts = {}, {}
    for name, content in files.items():
        if len(content) > MAX_BYTES:
            found[name] = Reading(trouble=f"it has more than {MAX_BYTES >> 10} kB")
        elif len(content) > room:
            found[name] = Reading(trouble=f"the submission has more than {MAX_ALL >> 20} MB of code")
        else:
            texts[name] = content.decode("utf-8", "replace")
            room -= len(content)
    for (name, text), facts in zip(texts.items(), answers(__name__, list(texts.values())), strict=True):
        parsed = _unpacked(facts)
        notes = {*itertools.islice(deceptions(text), MOST_NOTES), *parsed.notes}
        found[name] = replace(parsed, notes=tuple((line, visible(what)) for line, what in sorted(notes)))
    return found, room


def reached(entry: str, readings: Mapping[str, Reading], names: Iterable[str]) -> list[str]:
    """Return `entry` and the files among `names` that it imports, directly or through others, the nearest first."""
    modules = {_module(name): name for name in names}
    order = {entry: None}
    for name in (waiting := [entry]):
        for imported in sorted(readings[name].imports) if name in readings else ():
            parts = _absolute(name, imported).split(".")
            for length in range(1, min(len(parts), DEEPEST) + 1):  # `a.b` runs a/__init__.py first
                file = modules.get(".".join(parts[:length]))
                if file and file not in order:
                    order[file] = None
                    waiting.append(file)
    return list(order)


def _absolute(name: str, imported: str) -> str:
    """Return the full name of a module that a file imports; each dot in front of it leads out of one more folder."""
    module = imported.lstrip(".")
    level = len(imported) - len(module)
    folders = name.split("/")[:-1]
    return ".".join([*folders[: len(folders) + 1 - level], module] if level else [module])


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _unpacked(facts: dict[str, Any] | None) -> Reading:
    """Return what the reader says of a text."""
    if facts is None:
        return Reading(trouble=TOO_MUCH)
    return Reading(
        notes=tuple((number, what) for number, what in facts["notes"]),
        words=frozenset(facts["words"]),
        imports=frozenset(facts["imports"]),
        idle=tuple((number, name) for number, name in facts["idle"]),
        is_addressed=facts["is_addressed"],
        trouble=facts["trouble"],
    )


# --- in the reader


def answer(text: str) -> dict[str, Any]:
    """Return what a text says, as JSON values."""
    reading = told(text)
    return {**vars(reading), "words": sorted(reading.words), "imports": sorted(reading.imports)}


def told(text: str) -> Reading:
    """Return what a text says, in this process."""
    from checks.lab.code.notes import notes

    try:
        with warnings.catch_warnings(action="ignore"):  # of an invalid escape in the submission's text
            tree = ast.parse(text.removeprefix("\ufeff"))
        nodes = list(ast.walk(tree))
        found = sorted(set(itertools.islice(notes(tree), MOST_NOTES)))
        words, imports = frozenset(_words(nodes)), frozenset(_imports(nodes))
        return Reading(tuple(found), words, imports, tuple(_idle(nodes)), _is_addressed(nodes))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Reading(trouble=UNREADABLE)


def _words(nodes: Iterable[ast.AST]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield f".{node.attr}"
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value


def _idle(nodes: Iterable[ast.AST]) -> Iterable[tuple[int, str]]:
    """Yield, by line, the methods without a decorator that send something through `self.client`."""
    for node in nodes:
        for method in node.body if isinstance(node, ast.ClassDef) else ():
            if not isinstance(method, ast.FunctionDef) or method.decorator_list or method.name in CALLED_BY_LOCUST:
                continue
            if any(isinstance(part, ast.Attribute) and part.attr == "client" for part in ast.walk(method)):
                yield method.lineno, method.name


def _imports(nodes: Iterable[ast.AST]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (f"{node.module}." if node.module else "")
            yield from (module + alias.name for alias in node.names)


def _is_addressed(nodes: Sequence[ast.AST]) -> bool:
    hosts = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["host"]
    }
    texts = (node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return any(id(text) not in hosts and BRIEFS.search(str(text.value)[:LONGEST]) for text in texts)
