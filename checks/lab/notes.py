"""The notes: what only a person should judge in a submission's Python, found by reading it; nothing of it runs.

A note is advice and takes no points: each thing that is named here has honest uses too.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath

MAX_BYTES = 256 * 1024
MAX_NOTES = 20  # of a file: more are not read
PROCESSES = "starts processes"
THREADS = "runs code beside Locust's users"
NETWORK = "opens connections of its own, which Locust does not count"
MACHINE = "reaches below Python"
HIDDEN = "runs code that does not stand in the file"
PATCHES = "replaces code of a library"

IMPORTS = {
    **dict.fromkeys(("threading", "_thread", "concurrent.futures", "gevent.threadpool", "gevent.threading"), THREADS),
    **dict.fromkeys(("subprocess", "multiprocessing", "pty", "gevent.subprocess", "psutil"), PROCESSES),
    **dict.fromkeys(("socket", "socketserver", "asyncio", "ssl", "gevent.socket", "zmq"), NETWORK),
    **dict.fromkeys(("urllib.request", "http.client", "http.server", "urllib3", "httpx", "aiohttp"), NETWORK),
    **dict.fromkeys(("ctypes", "_ctypes", "cffi", "mmap", "fcntl", "signal"), MACHINE),
    **dict.fromkeys(("pickle", "marshal", "runpy", "code", "codeop"), HIDDEN),
    **dict.fromkeys(("gevent.monkey", "unittest.mock", "mock", "wrapt"), PATCHES),
    **dict.fromkeys(("gc", "inspect"), "looks into the objects of the program that runs it"),
}
CALLS = {
    **dict.fromkeys(("os.system", "os.popen", "os.startfile"), PROCESSES),
    **dict.fromkeys(("os.kill", "os.killpg", "os._exit", "os.abort"), "ends processes without a word"),
    **dict.fromkeys(("eval", "exec", "compile", "__import__", "importlib.import_module"), HIDDEN),
    **dict.fromkeys(("sys._getframe", "sys.settrace", "sys.setprofile"), "looks into the program that runs it"),
    **dict.fromkeys(("requests.get", "requests.post", "requests.request", "requests.Session"), NETWORK),
    "pathlib.Path.home": "reads outside the submission",
    "os.path.expanduser": "reads outside the submission",
}
OS_PROCESSES = re.compile(r"os\.(fork|forkpty|exec\w+|spawn\w+|posix_spawnp?)")
OPENING = {"open", "io.open", "os.open", "os.listdir", "os.scandir", "os.walk", "pathlib.Path", "Path", "glob.glob"}
SETTINGS = ("sys.argv", "sys.path", "sys.modules", "os.environ")
CHANGING = {"append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault"}
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def notes(name: str, source: bytes) -> list[str]:
    """Return a note for each thing in the Python file `name` that a person should look at, in the order of lines."""
    if len(source) > MAX_BYTES:
        return [f"{name}: not looked at, as it has more than {MAX_BYTES >> 10} kB"]
    lines_of_text = source.decode("utf-8", "replace").split("\n")
    found = {
        (n, "shows its text in another order than it runs")
        for n, line in enumerate(lines_of_text, 1)
        if BIDI.search(line)
    }
    try:
        with warnings.catch_warnings(action="ignore"):  # of a doubtful escape in somebody else's text
            found |= set(_Reader(ast.parse(source)).findings())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [f"{name}: not looked at, as it is no Python that can be read"]
    lines = [f"{name}:{line}: {what}" for line, what in sorted(found)]
    return [*lines[:MAX_NOTES], *([f"{name}: {len(lines) - MAX_NOTES} more of the kind"] * (len(lines) > MAX_NOTES))]


class _Reader:
    """Reads one module; knows which names of it stand for what was imported."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes = list(ast.walk(tree))
        self._imported = dict(self._imports())

    def _imports(self) -> Iterator[tuple[str, str]]:
        """Yield the names that imports bind, and what they stand for."""
        for node in self._nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"

    def findings(self) -> Iterator[tuple[int, str]]:
        """Yield the lines to look at, and why."""
        for node in self._nodes:
            for what in self._findings(node):
                yield getattr(node, "lineno", 0), what

    def _findings(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _importing(alias.name)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from list(_importing(str(node.module))) or [
                what for alias in node.names for what in _importing(f"{node.module}.{alias.name}")
            ]
        elif isinstance(node, ast.Call):
            yield from self._calling(node)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from self._changing(node)
        elif isinstance(node, ast.Attribute) and node.attr in ("__globals__", "__subclasses__", "__code__"):
            yield f"{HIDDEN} ({node.attr})"
        if isinstance(node, ast.Attribute | ast.Subscript):
            yield from _climbing(node)

    def _calling(self, call: ast.Call) -> Iterator[str]:
        called = self._stands_for(call.func)
        if called in CALLS or OS_PROCESSES.fullmatch(called):
            yield f"{CALLS.get(called, PROCESSES)} ({called})"
        if called in OPENING and call.args and _is_outside(call.args[0]):
            yield f"reads outside the submission ({ast.unparse(call.args[0])[:60]})"
        if called in ("setattr", "delattr") and call.args and self._is_imported(call.args[0]):
            yield f"{PATCHES} ({called} on {self._stands_for(call.args[0])})"
        owner, _, method = called.rpartition(".")
        if owner in SETTINGS and method in CHANGING:
            yield f"changes {owner}"

    def _changing(self, target: ast.Attribute | ast.Subscript) -> Iterator[str]:
        """Yield what an assignment to an attribute or an item changes outside the file."""
        place = target if isinstance(target, ast.Attribute) else target.value
        name = self._stands_for(place)
        if name in SETTINGS:
            yield f"changes {name}"
        elif isinstance(target, ast.Attribute) and self._is_imported(target.value):
            yield f"{PATCHES} ({name})"

    def _is_imported(self, node: ast.expr) -> bool:
        return self._root(node) in self._imported

    @staticmethod
    def _root(node: ast.expr) -> str:
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        return node.id if isinstance(node, ast.Name) else ""

    def _stands_for(self, node: ast.expr) -> str:
        """Return the dotted name of what an expression stands for, imports followed; empty where it has none."""
        if isinstance(node, ast.Attribute):
            owner = self._stands_for(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return self._imported.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _importing(module: str) -> Iterator[str]:
    for name, what in IMPORTS.items():
        if f"{module}.".startswith(f"{name}."):
            yield f"{what} (imports {module})"


def _is_outside(path: ast.expr) -> bool:
    """Tell whether a path that is written out leads away from the submission's folder."""
    if isinstance(path, ast.JoinedStr) and path.values:
        path = path.values[0]
    if not (isinstance(path, ast.Constant) and isinstance(path.value, str)):
        return False
    text = path.value
    is_absolute = PurePosixPath(text).is_absolute() or bool(PureWindowsPath(text).anchor)
    return is_absolute or text.startswith("~") or ".." in PureWindowsPath(text).parts


def _climbing(node: ast.Attribute | ast.Subscript) -> Iterator[str]:
    """Yield a note where a path goes up two folders: one leads from a file to its own."""
    if isinstance(node, ast.Attribute):
        climbs = node.attr == "parent" and isinstance(node.value, ast.Attribute) and node.value.attr == "parent"
    else:
        first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        climbs = isinstance(node.value, ast.Attribute) and node.value.attr == "parents" and not first
    if climbs:
        yield f"reads outside the submission ({ast.unparse(node)[-60:]})"
