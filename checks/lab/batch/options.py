"""The options of a batch, and objections to them."""

import argparse
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checks.lab.batch.folders import real
from checks.lab.outcome import plain
from checks.lab.report.report import MODES
from checks.stages import ROOT, STAGES, named

LIMIT = 600.0  # seconds for each stage: many times what the slowest answer takes on a busy machine


@dataclass(frozen=True)
class Options:
    """The options of a round: the stage (empty: all of them), and how to grade it."""

    out: Path
    stage: str = ""
    jobs: int = 1
    mode: str = MODES[0]
    seed: int | None = None
    again: bool = False
    limit: float = LIMIT
    here: Path = field(default_factory=Path.cwd)  # the user's own folder, left out of paths that are shown

    def shown(self, path: Path) -> str:
        """Return a path as short as the user would type it."""
        with contextlib.suppress(ValueError):
            path = path.relative_to(self.here)
        return plain(str(path)).replace("\n", "?")

    def checks(self) -> list[Path]:
        """Return the check files of the stages that are graded."""
        return sorted((ROOT / "checks").glob(f"test_{self.stage or '*'}.py"))

    def stages(self) -> list[str]:
        """Return the stages that are graded."""
        return [file.stem.removeprefix("test_") for file in self.checks()]


def objection_to(path: Path, folder: Path, options: Options) -> str:
    """Return the reason why a submission can't be graded with these options; empty if it can."""
    path = real(path)
    if path in (folder, *folder.parents):
        return "its report would lie among its own files; choose another --out."
    stages = options.stages()
    is_clear = path.name in stages or any(os.path.lexists(path / stage) for stage in stages)
    is_folder = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises an error where it may not look
    is_single = path.suffix == ".py" or (is_folder and not is_clear)
    if is_single and not options.stage:  # judged by all stages, it would fail those that it does not answer
        return "which stage does it answer? Say so with --task NN, or --task jsonplaceholder."
    with contextlib.suppress(OSError):  # the grading reports what can't be opened
        return meant(path, options.stage) if is_folder and options.stage else ""
    return ""


def meant(path: Path, stage: str) -> str:
    """Return an objection to a folder that holds no answer, though folders in it do; empty for any other folder."""
    if _holds(path, stage) or any(each.suffix == ".py" or each.name in STAGES for each in path.iterdir()):
        return ""
    inner = [folder.name for folder in path.iterdir() if folder.is_dir() and _holds(folder, stage)]
    missing = f"{path.name}/ has no {named(stage).locustfile}"
    if len(inner) == 1:
        return plain(f"{missing}, but the folder {inner[0]}/ in it has: did you mean that one?")
    return plain(f"{missing}, but {len(inner)} of its folders have: did you mean {path.name}/*?") if inner else ""


def _holds(folder: Path, stage: str) -> bool:
    """Tell by the names in it whether a folder is an answer to a stage, or holds one."""
    own = named(stage)
    return (folder / stage).exists() or any((place / own.locustfile).exists() for place in (folder, folder / own.inner))


def parsed(words: Sequence[str] | None = None) -> tuple[list[Path], Options]:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m checks.lab.batch",
        description="Grades submissions, and goes on where it stopped.",
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--out", type=Path, default=Path("report"), metavar="DIR")
    parser.add_argument("--stage", default="", help="one stage only, by its full name")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--here", type=Path, default=Path.cwd(), metavar="DIR", help="show paths as seen from there")
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="SECONDS", help="for each stage that is graded")
    found = vars(parser.parse_args(words))
    paths = found.pop("paths")
    return paths, Options(**{**found, "out": found["out"].resolve()})
