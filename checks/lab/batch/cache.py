"""What has been graded already: a verdict is valid as long as submission, grader and options stay the same."""

import contextlib
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from checks.lab.batch.folders import real
from checks.lab.batch.options import Options
from checks.lab.outcome import Failed, NotStarted
from checks.lab.report.report import versions
from checks.lab.submission.answer import find
from checks.lab.submission.archive import MOST_PACKED, is_archive
from checks.stages import ROOT

STAMP = "grading.json"  # written last: a grading without it is not finished
GRADER = ("checks", "petshop_app", "jsonplaceholder_task")
NO_GRADER = re.compile(r"\.|__pycache__$|.*\.sqlite3(-\w+)?$")  # caches, and the database that a shop leaves behind


@dataclass(frozen=True)
class Grading:
    """How one submission's grading ended."""

    status: int
    seconds: float
    fingerprint: str
    reason: str = ""  # why there is no verdict
    is_late: bool = False
    is_second: bool = False  # the first try was inconclusive
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether another try would give the same result."""
        return self.is_late or bool(self.report and not is_inconclusive(self.report))


def is_inconclusive(report: dict[str, Any]) -> bool:
    """Tell whether a second try may give a fairer verdict."""
    return any(
        criterion["outcome"] == "inconclusive" for stage in report["stages"].values() for criterion in stage["criteria"]
    )


def finished(folder: Path, fingerprint: str) -> Grading | None:
    """Return the grading that an earlier round has finished for the same fingerprint."""
    stamp = read_json(folder / STAMP)
    if stamp.get("fingerprint") != fingerprint:
        return None
    grading = Grading(**{**stamp, "report": read_json(folder / "report.json")})
    return grading if grading.is_final else None


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a JSON file; an empty one if there is no such file."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(file.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def content(path: Path, stages: Sequence[str]) -> str:
    """Return a hash of the parts of a submission that are graded and shown: its files' content, without their times.

    Raises:
        OSError: the submission does not exist, or can't be read.
    """
    digest = hashlib.sha256()
    for words in _judged(real(path), stages):
        digest.update(len(words).to_bytes(8) + words)
    return digest.hexdigest()


def _judged(path: Path, stages: Sequence[str]) -> Iterator[bytes]:
    status = path.stat()
    kind = stat.S_IFMT(status.st_mode)
    yield os.fsencode(path.name) + kind.to_bytes(8)
    if kind == stat.S_IFREG and is_archive(path) and status.st_size <= MOST_PACKED:  # a larger one is refused unread
        with path.open("rb") as packed:
            yield from iter(partial(packed.read, 1 << 20), b"")
    if kind == stat.S_IFDIR or (kind == stat.S_IFREG and path.suffix == ".py"):
        for stage in stages:
            yield from _found(path, stage)


def _found(path: Path, stage: str) -> Iterator[bytes]:
    try:
        found = find(path, stage)
    except (Failed, NotStarted) as refusal:  # then the whole verdict is this refusal
        yield str(refusal).encode("utf-8", "backslashreplace")
        return
    for file, code in found.contents.items():
        yield os.fsencode(file.relative_to(found.folder))
        yield code
    yield from (found.words or b"", *map(os.fsencode, found.links))


@cache
def grader() -> str:
    """Return a hash of the grader itself, since a verdict of another version is not a verdict of this one."""
    digest = hashlib.sha256()
    for folder in GRADER:
        for place, inner, names in os.walk(ROOT / folder):
            inner[:] = sorted(name for name in inner if not NO_GRADER.match(name))
            for file in (Path(place, name) for name in sorted(names) if not NO_GRADER.match(name)):
                digest.update(f"{file.relative_to(ROOT)} ".encode() + file.read_bytes())
    return digest.hexdigest()


def fingerprint(path: Path, options: Options) -> str:
    """Return a hash of everything that a verdict depends on: while it stays the same, a finished report stays valid."""
    facts = [content(path, options.stages()), options.stage, options.seed, options.mode, grader(), versions()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
