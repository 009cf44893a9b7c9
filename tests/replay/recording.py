"""A recording: what the target and the processes of one graded submission have shown, and the verdict on it.

Recordings lie outside git, a file for each submission of the corpus. Each carries a hash of the submission and of the
code that makes its runs: if these have changed since, the recording is stale.
"""

import ast
import hashlib
import json
import lzma
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from checks.stages import ROOT
from tests.corpus import Entry

FOLDER = Path(os.environ.get("WORKSHOP_RECORDINGS", ROOT / ".replay"))
# Code that makes runs. Code that judges them, or that finds and shows submissions, may change without a new recording.
RUN_MAKING = ("lab/lab.py", "lab/cell/practice.py", "lab/inside", "lab/locust", "lab/target")
RUN_MAKING += tuple(f"judging/data/{name}.py" for name in ("dataset", "jsonplaceholder", "petshop", "scenarios"))
RUN_MAKING += tuple(f"judging/cluster/{name}.py" for name in ("model", "processes", "scenarios", "worker_kill"))
RUN_MAKING += ("judging/stress/gaps.py", "judging/slo/script.py", "judging/stress/runs.py")
EXAM = "exam"  # the mode of recordings that were made in cells of exam mode
SERVED = ("petshop_app", "jsonplaceholder_task/api.py")
Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class Told:
    """The outcome of one criterion."""

    id: str
    outcome: str
    message: str
    bonus: bool = False


@dataclass(frozen=True)
class Recording:
    """One graded submission: its verdict, and the packed values of the grader's fixtures, by name."""

    key: str
    seed: int
    mode: str
    told: tuple[Told, ...]
    fixtures: dict[str, Any]
    requests: list[Any]

    def write(self, file: Path) -> None:
        """Write the recording, whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        facts = {**vars(self), "told": [vars(one) for one in self.told]}
        unfinished = file.with_name(f"{file.name}.part")
        unfinished.write_bytes(lzma.compress(json.dumps(facts).encode()))
        unfinished.replace(file)

    @classmethod
    def read(cls, file: Path) -> "Recording":
        """Return the recording that a file holds."""
        facts = json.loads(lzma.decompress(file.read_bytes()))
        return cls(**{**facts, "told": tuple(Told(**one) for one in facts["told"])})


def file_of(entry: Entry) -> Path:
    """Return the file that holds the recording of an entry of the corpus."""
    return FOLDER / f"{entry}.json.xz"


def key(entry: Entry) -> str:
    """Return a hash of all on which an entry's recording depends: its files, and the code that makes its runs."""
    content = hashlib.sha256(_run_making(entry.stage).encode())
    for file in sorted(path for path in entry.folder.rglob("*") if path.is_file()):
        if file.name != "expect.toml" or "hostile" in entry.folder.parts:  # there it describes the submission
            content.update(file.relative_to(entry.folder).as_posix().encode() + file.read_bytes())
    return content.hexdigest()[:16]


@cache
def _run_making(stage: str) -> str:
    """Return a hash of the code that makes a stage's runs, without its comments."""
    places = [*(ROOT / "checks" / name for name in RUN_MAKING), *(ROOT / name for name in SERVED)]
    files = [file for place in places for file in ([place] if place.suffix == ".py" else sorted(place.rglob("*.py")))]
    content = hashlib.sha256(_fixtures(ROOT / "checks" / f"test_{stage}.py").encode())
    for file in files:
        content.update(_bare(ast.parse(file.read_bytes())).encode())
    return content.hexdigest()


def _fixtures(file: Path) -> str:
    """Return the fixtures of a check, and everything in the file that they need."""
    body = ast.parse(file.read_bytes()).body
    named = {name: node for node in body for name in _names(node)}
    due = [name for name, node in named.items() if _makes_runs(node)]
    needed: set[str] = set()
    while due:
        needed.add(name := due.pop())
        used = {node.id for node in ast.walk(named[name]) if isinstance(node, ast.Name)}
        due += (used & named.keys()) - needed
    return "\n".join(_bare(named[name]) for name in sorted(needed))


def _makes_runs(node: ast.stmt) -> bool:
    """Tell whether a statement defines a fixture of the whole module; the others only look at what these have made."""
    return any(
        "fixture" in (words := ast.unparse(one)) and "module" in words for one in getattr(node, "decorator_list", [])
    )


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]


def _bare(tree: ast.AST) -> str:
    """Return code without comments, docstrings and imports: the origin of a name changes no run."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and any(isinstance(one, Import) for one in body):
            node.body = body = [one for one in body if not isinstance(one, Import)] or [ast.Pass()]  # type: ignore[attr-defined]
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            body[0].value.value = ""
    return ast.unparse(tree)
