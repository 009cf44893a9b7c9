"""The notes: what only a person should judge in a submission's Python, found by reading it; none of its code runs.

A note is advice and costs no points: each thing that is named here has honest uses, too.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath

from checks.lab.code.looks import looks
from checks.lab.code.names import Names, quoted, text_of

PROCESSES = "starts processes"
THREADS = "runs code beside Locust's users"
NETWORK = "opens connections of its own, which Locust does not count"
MACHINE = "reaches below Python"
HIDDEN = "runs code that does not stand in the file"
PATCHES = "replaces code of a library"
AT_RUN_TIME = "finds by a name that it makes at run time what it uses"
INSIDE = "reaches into the inside of a library"
PROGRAM = "looks into the program that runs it"
ENDS = "ends processes without a word"
OUTSIDE = "reads outside the submission"

IMPORTS = {
    **dict.fromkeys(("threading", "_thread", "concurrent.futures", "gevent.threadpool", "gevent.threading"), THREADS),
    **dict.fromkeys(("subprocess", "multiprocessing", "pty", "gevent.subprocess", "psutil"), PROCESSES),
    **dict.fromkeys(("socket", "socketserver", "asyncio", "ssl", "gevent.socket", "zmq"), NETWORK),
    **dict.fromkeys(("urllib.request", "http.client", "http.server", "urllib3", "httpx", "aiohttp"), NETWORK),
    **dict.fromkeys(("ctypes", "_ctypes", "cffi", "mmap", "fcntl", "signal", "resource"), MACHINE),
    **dict.fromkeys(("pickle", "marshal", "shelve", "dill", "runpy", "code", "codeop", "zipimport", "imp"), HIDDEN),
    **dict.fromkeys(("importlib.util", "importlib.machinery", "importlib.abc", "pkgutil", "pdb", "bdb"), HIDDEN),
    **dict.fromkeys(("gevent.monkey", "unittest.mock", "mock", "wrapt"), PATCHES),
    **dict.fromkeys(("gc", "inspect", "tracemalloc", "faulthandler"), PROGRAM),
    **dict.fromkeys(("builtins", "operator.attrgetter", "operator.methodcaller"), AT_RUN_TIME),
}
USES = {
    **dict.fromkeys(("os.system", "os.popen", "os.startfile"), PROCESSES),
    **dict.fromkeys(("os.kill", "os.killpg", "os._exit", "os.abort"), ENDS),
    **dict.fromkeys(("eval", "exec", "compile", "__import__", "importlib.import_module", "importlib.reload"), HIDDEN),
    **dict.fromkeys(("timeit.timeit", "timeit.repeat", "timeit.Timer", "types.FunctionType", "types.CodeType"), HIDDEN),
    **dict.fromkeys(("sys._getframe", "sys.settrace", "sys.setprofile", "sys.addaudithook"), PROGRAM),
    **dict.fromkeys(("requests.get", "requests.post", "requests.request", "requests.Session"), NETWORK),
    **dict.fromkeys(("__builtins__", "__loader__", "__spec__", "operator.attrgetter"), AT_RUN_TIME),
    "pathlib.Path.home": OUTSIDE,
    "os.path.expanduser": OUTSIDE,
}  # fmt: skip
OS_PROCESSES = re.compile(r"os\.(fork|forkpty|exec\w+|spawn\w+|posix_spawnp?)")
OS_NAMES = ("os.fork", "os.execv", "os.execve", "os.execl", "os.spawnv", "os.spawnl", "os.posix_spawn")
# Attributes that lead from any object to the code and the names of others.
ATTRIBUTES = {
    **dict.fromkeys(("__globals__", "__subclasses__", "__code__", "__closure__", "__builtins__", "__mro__"), HIDDEN),
    **dict.fromkeys(("f_back", "f_globals", "f_locals", "gi_frame", "cr_frame", "tb_frame", "tb_next"), PROGRAM),
}
OPENING = {
    *("open", "io.open", "os.open", "os.listdir", "os.scandir", "os.walk", "os.stat", "os.access", "os.readlink"),
    *("os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize", "os.path.getmtime"),
    *("pathlib.Path", "Path", "pathlib.PurePath", "glob.glob", "glob.iglob", "shutil.copy", "shutil.copyfile"),
}
SETTINGS = ("sys.argv", "sys.path", "sys.modules", "os.environ", "sys.meta_path", "sys.path_hooks")
CHANGING = {"append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault"}
OF_THE_PYTHON = ("os", "sys", "subprocess", "builtins", "socket", "ctypes", "gc", "inspect", "importlib", "signal")


def notes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield a line and a note for each thing in a module that a person should look at."""
    nodes = list(ast.walk(tree))
    names = Names(nodes, known=(*USES, *OPENING, *SETTINGS, *OS_NAMES))
    reader = _NoteTaker(names)
    for node in nodes:
        for what in reader.notes(node):
            yield getattr(node, "lineno", 0), what
    yield from looks(tree, nodes, names)


class _NoteTaker:
    """Reads the nodes of one module, whose names it knows."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def notes(self, node: ast.AST) -> Iterator[str]:
        """Yield the notes on one node."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _importing(alias.name)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from list(_importing(str(node.module))) or [
                what for alias in node.names for what in _importing(f"{node.module}.{alias.name}")
            ]
        elif isinstance(node, ast.Call):
            yield from self._calling(node)
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
            yield from self._using(node)
        if isinstance(node, ast.Attribute | ast.Subscript):
            yield from self._reaching(node)
            yield from _climbing(node)
            if not isinstance(node.ctx, ast.Load):
                yield from self._changing(node)

    def _using(self, node: ast.Name | ast.Attribute | ast.Subscript | ast.Call) -> Iterator[str]:
        """Yield a note on what an expression stands for, if it deserves one no matter what the code does with it."""
        used = self._names.of(node)
        is_own = isinstance(node, ast.Name) and self._names.is_own(node.id) and used == node.id
        if not is_own and (used in USES or OS_PROCESSES.fullmatch(used)):
            yield f"{USES.get(used, PROCESSES)} ({used})"
        if not used and isinstance(node, ast.Call) and node.args and self._names.of(node.func) == "getattr":
            yield from [f"{AT_RUN_TIME} ({quoted(node)})"] if self._names.is_imported(node.args[0]) else ()
        if module := self._names.module_by_name(node):
            yield from _importing(module)

    def _reaching(self, node: ast.Attribute | ast.Subscript) -> Iterator[str]:
        """Yield a note if an expression reaches into something private to a library or the program."""
        if isinstance(node, ast.Attribute):
            if node.attr in ATTRIBUTES:
                yield f"{ATTRIBUTES[node.attr]} ({node.attr})"
            is_inside = node.attr.startswith("_") and not node.attr.startswith("__")
            if is_inside and self._names.is_imported(node.value) and self._names.of(node) not in USES:
                yield f"{INSIDE} ({self._names.of(node) or node.attr})"
            return
        owner = self._names.behind(node.value)
        if owner and self._names.is_imported(owner) and not text_of(node.slice):
            yield f"{AT_RUN_TIME} ({quoted(node)})"
        asked = node.value.func if isinstance(node.value, ast.Call) else node.value
        if self._names.of(asked) in ("sys.modules", "globals", "locals") and isinstance(node.ctx, ast.Load):
            yield f"{AT_RUN_TIME} ({quoted(node)})"

    def _calling(self, call: ast.Call) -> Iterator[str]:
        called = self._names.of(call.func)
        path = next(iter([*call.args, *(word.value for word in call.keywords if word.arg in ("file", "path"))]), None)
        if called in OPENING and path and _is_outside(path):
            yield f"{OUTSIDE} ({quoted(path)})"
        if called in ("setattr", "delattr") and call.args and self._names.is_imported(call.args[0]):
            yield f"{PATCHES} ({called} on {self._names.of(call.args[0])})"
        owner, _, method = called.rpartition(".")
        if owner in SETTINGS and method in CHANGING:
            yield f"changes {owner}"

    def _changing(self, target: ast.Attribute | ast.Subscript) -> Iterator[str]:
        """Yield a note on what an assignment to an attribute or an item changes outside the file."""
        place = target if isinstance(target, ast.Attribute) else target.value
        name = self._names.of(place)
        if name in SETTINGS:
            yield f"changes {name}"
        elif isinstance(target, ast.Attribute) and self._names.is_imported(target.value):
            yield f"{PATCHES} ({name})"
        elif (owner := self._names.behind(place)) and self._names.is_imported(owner):
            yield f"{PATCHES} ({quoted(target)})"


def _importing(module: str) -> Iterator[str]:
    for name, what in IMPORTS.items():
        if f"{module}.".startswith(f"{name}."):
            yield f"{what} (imports {module})"
    if module.endswith(".*") and module[:-2] in OF_THE_PYTHON:
        yield f"{AT_RUN_TIME} (imports all of {module[:-2]})"


def _is_outside(path: ast.expr) -> bool:
    """Tell whether a path that is written out leads away from the submission's folder."""
    if isinstance(path, ast.JoinedStr) and path.values:
        path = path.values[0]
    text = text_of(path)
    is_absolute = PurePosixPath(text).is_absolute() or bool(PureWindowsPath(text).anchor)
    return is_absolute or text.startswith("~") or ".." in PureWindowsPath(text).parts


def _climbing(node: ast.Attribute | ast.Subscript) -> Iterator[str]:
    """Yield a note if a path goes up two folders; a single step only leads from a file to its own folder."""
    if isinstance(node, ast.Attribute):
        climbs = node.attr == "parent" and isinstance(node.value, ast.Attribute) and node.value.attr == "parent"
    else:
        first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        climbs = isinstance(node.value, ast.Attribute) and node.value.attr == "parents" and not first
    if climbs:
        yield f"{OUTSIDE} ({quoted(node)})"
