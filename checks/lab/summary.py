"""The summary of a round: summary.csv for a spreadsheet, summary.html for a person."""

import base64
import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from checks.lab.findings import shared
from checks.lab.page import SIGNS, templates
from checks.lab.report import write_whole
from checks.lab.verdict import plain

FILES = ("summary.csv", "summary.html")
COLUMNS = (
    "submission",
    "outcome",
    "points",
    "max_points",
    "stages",
    "seconds",
    "mode",
    "seed",
    "reason",
    "report",
    "note",
)
FORMULA = ("=", "+", "-", "@", "\t")
SCRIPT = Path(__file__).with_name("templates") / "summary.js"
ORDER = ("failed", "inconclusive", "passed")


@dataclass(frozen=True)
class Line:
    """One submission in the summary; `report` is the content of its report.json, empty where there is none."""

    path: str
    folder: str
    report: dict[str, Any]
    reason: str
    seconds: float
    mode: str
    note: str = ""  # what it has in common with others

    @property
    def findings(self) -> dict[str, Any]:
        """What its author has measured; empty where there is nothing."""
        return next((stage["findings"] for stage in self.stages.values() if "findings" in stage), {})

    @property
    def name(self) -> str:
        """The submission as a person calls it."""
        return plain(self.folder, 100)

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """The stages that are begun."""
        stages = self.report.get("stages", {})
        return {name: stage for name, stage in stages.items() if stage["outcome"] != "not_started"}

    @property
    def outcome(self) -> str:
        """The outcome of all stages together."""
        if self.reason:
            return "no_verdict"
        outcomes = {stage["outcome"] for stage in self.stages.values()}
        return next((outcome for outcome in ORDER if outcome in outcomes), "not_started")

    @property
    def points(self) -> int:
        """The points earned, a bonus included."""
        return sum(stage["points"] for stage in self.stages.values())

    @property
    def max_points(self) -> int:
        """The points that there are in what is begun, without a bonus."""
        return sum(stage["max_points"] for stage in self.stages.values())

    @property
    def each(self) -> str:
        """The outcome of each stage that is begun."""
        return ", ".join(f"{name} {stage['outcome']}" for name, stage in self.stages.items())

    @property
    def score(self) -> str:
        """All of it in a few words."""
        if self.reason:
            return f"no score, {self.reason}"
        return f"{self.points} of {self.max_points} points ({self.each or 'nothing started'})"

    @property
    def link(self) -> str:
        """The address of what there is to read, from the summary on."""
        return f"{quote(self.folder)}/{'report.html' if self.report else 'grading.log'}"

    def cells(self) -> list[object]:
        """Return the line as summary.csv holds it."""
        seed = self.report.get("seed", "")
        return [
            *(text(self.path), self.outcome, self.points, self.max_points, text(self.each)),
            *(self.seconds, self.mode, seed, text(self.reason), self.link, text(self.note)),
        ]


def text(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value


def write_summary(folder: Path, lines: Sequence[Line]) -> None:
    """Write `folder`/summary.csv and summary.html, the best first."""
    notes = shared([line.name for line in lines], [line.findings for line in lines])
    lines = [replace(line, note=note) for line, note in zip(lines, notes, strict=True)]
    ranked = sorted(lines, key=lambda line: (-line.points, line.name.casefold()))
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *(line.cells() for line in ranked)])
    write_whole(folder / "summary.csv", table.getvalue())
    write_whole(folder / "summary.html", _page(ranked))


def _page(lines: Sequence[Line]) -> str:
    script = SCRIPT.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return templates.get_template("summary.html").render(
        lines=lines,
        script=script,
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        mode="practice" if any(line.mode == "practice" for line in lines) else "exam",
        signs=SIGNS,
        passed=sum(line.outcome == "passed" for line in lines),
    )
