"""Where reports go: a folder for each submission, with a name that any system accepts."""

import os
import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import psutil

from checks.lab.batch.summary import FILES
from checks.stages import STAGES

INNER = frozenset(stage.inner for stage in STAGES.values() if stage.inner)  # the brief names it, so all hand it in
LONGEST_NAME = 200  # bytes of a folder's name: systems take 255, and a number may follow
UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069<>:"/\\|?*]')  # in such a name


def sweep(out: Path) -> None:
    """Remove what a killed round has left behind."""
    for left in out.glob(".grading-*-*"):
        pid = left.name.split("-")[1]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def folders(paths: Sequence[Path], out: Path) -> list[Path]:
    """Return a folder for each submission's report: OUT/NAME, and OUT/NAME-2 if a name occurs again."""
    taken, found = {name for file in FILES for name in (file, f"{file}.part")}, []
    for path in paths:
        name, count = fit_name(called(path)), 1
        while _same(numbered := name if count == 1 else f"{name}-{count}") in taken:
            count += 1
        taken.add(_same(numbered))
        found.append(out / numbered)
    return found


def called(path: Path) -> str:
    """Return what a submission is called: as its folder is, or the folder around it where that is called as all are."""
    whole = path.parent.resolve() / path.name if path.is_symlink() else real(path)
    return whole.parent.name if whole.name in INNER and whole.parent.name else whole.name


def fit_name(name: str) -> str:
    """Return a name that any system accepts for a folder: short, in UTF-8, of visible letters."""
    name = UNFIT.sub("_", name).encode()[:LONGEST_NAME].decode(errors="ignore")
    return re.sub(r"^\.|[. ]$", "_", name) or "submission"


def _same(name: str) -> str:
    """Return a key that is the same for two names that macOS or Windows treat as one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def real(path: Path) -> Path:
    """Return the path with its links followed, since the evaluator may have typed one on purpose."""
    return Path(os.path.realpath(path))  # Path.resolve fails on links that lead in a circle
