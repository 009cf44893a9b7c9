"""The house in figures: the modules in each room of the graders, the longest ones, and names that come twice.

    python benchmarks/house.py

Ends with 1 if a check has more than 150 lines, workshop.py more than 250, the lab's face more than 15 names, two
rooms import each other, or two classes of the course have one name.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from checks import lab

CHECKS = ROOT / "checks"
MOST = {"longest check": 150, "workshop.py": 250, "names in the lab's face": 15, "circles": 0, "shared names": 0}
OWN = ("checks", "course", "petshop_app")  # in these, a class name has one meaning


def modules(folder: Path) -> list[Path]:
    """Return the modules below a folder, except those that are handed out to learners."""
    return [
        file for file in sorted(folder.rglob("*.py")) if "starters" not in file.parts and file.name != "__init__.py"
    ]


def lines(file: Path) -> int:
    """Return how many lines a file has."""
    return len(file.read_text(encoding="utf-8").splitlines())


def room(module: str) -> str:
    """Return the folder that holds a grader's module, or the module itself if that folder is `checks` or `lab`."""
    parts = module.split(".")
    return ".".join(parts[:3] if parts[1] == "lab" else parts[:2])


def imports() -> Iterator[tuple[str, str]]:
    """Yield which room imports which other one."""
    for file in modules(CHECKS):
        own = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:  # without those that are only for a type checker
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            if module.startswith("checks.") and room(module) != room(own):
                yield room(own), room(module)


def circles() -> int:
    """Return how many rooms are in a circle with another one."""
    reached = set(imports())
    while more := {(a, d) for a, b in reached for c, d in reached if b == c} - reached:
        reached |= more
    return sum(a == b for a, b in reached)


def doubles() -> list[str]:
    """Return the names that more than one class of the course has."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for name in OWN for file in modules(ROOT / name)]
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return sorted(name for name, count in names.items() if count > 1)


def main() -> int:
    """Print the figures; return 1 if one is too high."""
    for folder in sorted({file.parent for file in modules(CHECKS)}):
        own = [file for file in modules(folder) if file.parent == folder]
        longest = max(own, key=lines)
        name = folder.relative_to(ROOT).as_posix()
        print(f"{name:28} {len(own):3} modules, the longest {longest.name} {lines(longest)}")
    found = {
        "longest check": max(map(lines, CHECKS.glob("test_*.py"))),
        "workshop.py": lines(ROOT / "workshop.py"),
        "names in the lab's face": len(lab.__all__),
        "circles": circles(),
        "shared names": len(doubles()),
    }
    for what, count in found.items():
        print(f"{what:28} {count:3}, at most {MOST[what]}")
    print(*doubles())
    return int(any(count > MOST[what] for what, count in found.items()))


if __name__ == "__main__":
    sys.exit(main())
