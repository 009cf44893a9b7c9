"""The rooms of the graders: each imports only from those before it, so that there is no circle."""

import ast
from pathlib import Path

import pytest

from benchmarks import house
from checks.stages import ROOT

ORDER = [
    *("stages", "lab.outcome", "lab.untrusted", "lab.inside", "lab.cell", "lab.target", "lab.submission"),
    *("lab.locust", "lab.code", "lab.verdict", "lab.report", "lab.lab", "lab", "judging", "test_"),
    *("lab.exam", "lab.plugin", "lab.batch", "conftest"),
]
MODULES = [file for file in (ROOT / "checks").rglob("*.py") if not file.is_relative_to(ROOT / "checks" / "starters")]


def room(module: str) -> int:
    """Return the place in ORDER of the room to which a module or a name in it belongs."""
    name = module.removeprefix("checks.")
    fits = [each for each in ORDER if name == each or name.startswith((f"{each}.", each if each == "test_" else "\n"))]
    assert fits, f"{module} is in no room: give it a place in ORDER"
    return ORDER.index(max(fits, key=len))


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_room_imports_from_earlier_ones_alone(file: Path) -> None:
    own = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    nodes = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    for node in (node for node in nodes if (node.module or "").startswith("checks")):
        for name in node.names:
            whole = f"{node.module}.{name.name}"
            is_type = (file.name, name.name) == ("outcome.py", "Request")  # under TYPE_CHECKING
            assert is_type or room(whole) <= room(own), f"{own} imports {whole}"


def test_the_house_keeps_to_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert house.main() == 0, capsys.readouterr().out
