"""The corpus: submissions with known verdicts, and functions that grade them as any user would."""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.stages import ROOT, named

FOLDER = ROOT / "tests" / "submissions"
STUMBLED = "the grader stumbled"  # a criterion's message about an unforeseen exception
MANY, SOME = 5, 3  # runs that make a verdict slow, and right submissions that then stand for all of the stage


@dataclass(frozen=True)
class Entry:
    """A submission of the corpus and the verdict that it has to get; `criterion` and `says` only if it fails.

    Each of `notes` has to be among the words of the report's notes.
    """

    folder: Path
    outcome: str
    criterion: str = ""
    says: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def stage(self) -> str:
        """The stage that it answers."""
        return self.folder.parts[-3]

    def __str__(self) -> str:
        return "/".join(self.folder.parts[-3:])


@dataclass(frozen=True)
class Verdict:
    """The result of `pytest checks/`: its exit status, report.json, and its output."""

    status: int
    report: dict[str, Any]
    output: str = ""

    def failed(self, stage: str) -> list[dict[str, Any]]:
        """Return the criteria that failed."""
        return [c for c in self.report["stages"][stage]["criteria"] if c["outcome"] == "failed"]

    def mistake(self, entry: Entry) -> str:
        """Return how the verdict differs from what the corpus expects; empty if it doesn't."""
        stage = self.report["stages"][entry.stage]
        if stage["outcome"] != entry.outcome:
            return f"{stage['outcome']} instead of {entry.outcome}: {json.dumps(stage, indent=2)}"
        failed = self.failed(entry.stage)
        if [criterion["id"] for criterion in failed] != [entry.criterion] * bool(entry.criterion):
            return f"failed at {[criterion['id'] for criterion in failed]} instead of {entry.criterion!r}"
        stumbled = [str(criterion["message"]) for criterion in stage["criteria"] if STUMBLED in criterion["message"]]
        if stumbled:
            return stumbled[0]
        unsaid = [words for words in entry.says if words not in failed[0]["message"]]
        if unsaid:
            return f"{unsaid} not in: {failed[0]['message']}"
        unnoted = [words for words in entry.notes if words not in "\n".join(stage["notes"])]
        return f"{unnoted} not in the notes: {stage['notes']}" if unnoted else ""


def entries(kind: str = "[rw]*", stage: str = "*") -> list[Entry]:
    """Return the corpus, or a part of it: `right` or `wrong`, one stage. Ask for `hostile` only if you have a cell."""
    found = []
    for file in sorted(FOLDER.glob(f"{stage}/{kind}/*/expect.toml")):
        expect = tomllib.loads(file.read_text(encoding="utf-8"))
        words = [tuple(expect.get(name, ())) for name in ("says", "notes")]
        found.append(Entry(file.parent, expect["outcome"], expect.get("criterion", ""), *words))
    return found


def in_turn(listed: Sequence[Entry]) -> list[Entry]:
    """Return entries in an order that mixes the stages, since some stages fill a processor."""
    seen = Counter[str]()
    turns = []
    for entry in listed:
        seen[entry.stage] += 1
        turns.append(seen[entry.stage])
    return [listed[place] for place in sorted(range(len(listed)), key=turns.__getitem__)]


def representatives() -> list[Entry]:
    """Return every right submission (of slow stages only some), and the first wrong one for each criterion."""
    first = {(entry.stage, entry.criterion): entry for entry in reversed(entries("wrong"))}
    stages = [named(name) for name in sorted({entry.stage for entry in entries("right")})]
    right = [one for stage in stages for one in entries("right", stage.name)[: SOME if stage.runs >= MANY else None]]
    return sorted([*right, *first.values()], key=str)


def grade(
    *arguments: object, timeout: float = 300, program: str = "pytest", root: Path = ROOT, **environment: str
) -> Verdict:
    """Return the verdict of `pytest checks/` with `arguments`, run as a process in the repository or a copy.

    Raises:
        RuntimeError: pytest wrote no report; its output is the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", program, "checks/", "-p", "no:cacheprovider", "--report", folder]
        finished = subprocess.run(
            [*command, *map(str, arguments)],
            cwd=root,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
        report = Path(folder, "report.json")
        if not report.exists():
            raise RuntimeError(finished.stdout + finished.stderr)
        said = finished.stdout + finished.stderr
        return Verdict(finished.returncode, json.loads(report.read_text(encoding="utf-8")), said)


def grade_entry(entry: Entry) -> Verdict:
    """Return the verdict on a submission of the corpus."""
    return grade(f"--submission={entry.folder}", "-k", entry.stage)
