"""The summary of a round: summary.csv for a spreadsheet, summary.html for a person."""

import base64
import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from checks.lab.findings import shared
from checks.lab.page import SIGNS, templates
from checks.lab.report import scored, write_whole
from checks.lab.verdict import plain

FILES = ("summary.csv", "summary.html")
COLUMNS = (
    *("submission", "outcome", "points", "max_points", "stages", "seconds", "mode", "seed", "reason", "report"),
    *("bonus", "parts", "first_failed", "note"),  # new ones come last, since scripts may count
)
# What a spreadsheet takes for a formula, at the beginning of a cell; some languages' cells end at a semicolon.
FORMULA = re.compile(r"(?:^|(?<=;))(?=[\s\"']*[=+\-@\uff1d\uff0b\uff0d\uff20])")
SCRIPT = Path(__file__).with_name("templates") / "summary.js"
ORDER = ("failed", "inconclusive", "passed")  # of stages: one that failed decides
# Who is to be judged again, since the machine was at fault, stands above those who failed.
RANKS = ("passed", "inconclusive", "failed", "no_verdict", "not_started")
PARTS = ("failed", "inconclusive", "not_started", "passed")  # of criteria: the first that there is decides on a part


@dataclass(frozen=True)
class Part:
    """A part of a task, or a stage that has no parts: its short name, and what became of it."""

    name: str
    outcome: str


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
    def bonus(self) -> int:
        """The points that a bonus adds."""
        return sum(int(each["points"]) for each in self.criteria if each.get("bonus"))

    @property
    def points(self) -> int:
        """The points earned in the required parts."""
        return sum(int(stage["points"]) for stage in self.stages.values()) - self.bonus

    @property
    def max_points(self) -> int:
        """The points that there are in what is begun, without a bonus."""
        return sum(stage["max_points"] for stage in self.stages.values())

    @property
    def criteria(self) -> list[dict[str, Any]]:
        """The criteria of all stages that are begun."""
        return [criterion for stage in self.stages.values() for criterion in stage.get("criteria", ())]

    @property
    def each(self) -> str:
        """The outcome of each stage that is begun."""
        return ", ".join(f"{name} {stage['outcome']}" for name, stage in self.stages.items())

    @property
    def parts(self) -> list[Part]:
        """The parts of each stage that is begun; a stage without parts stands for itself."""
        found = []
        for name, stage in self.stages.items():
            outcomes: dict[int, set[str]] = {}
            for criterion in stage.get("criteria", ()):
                if "part" in criterion:
                    outcomes.setdefault(criterion["part"], set()).add(criterion["outcome"])
            whole = {name.partition("_")[0]: {stage["outcome"]}}
            parts = {f"P{number}": own for number, own in sorted(outcomes.items())} or whole
            found += [Part(part, next(each for each in PARTS if each in own)) for part, own in parts.items()]
        return found

    @property
    def first_failed(self) -> str:
        """The title of the first criterion that failed, of a bonus only where nothing else has."""
        failed = [each for each in self.criteria if each["outcome"] == "failed"]
        first = min(failed, key=lambda each: bool(each.get("bonus")), default=None)
        return ("bonus: " * bool(first.get("bonus")) + str(first.get("title", ""))) if first else ""

    @property
    def tally(self) -> str:
        """The points as people read them."""
        return scored(self.points, self.max_points, self.bonus)

    @property
    def score(self) -> str:
        """All of it in a few words."""
        if self.reason:
            return f"no score, {self.reason}"
        return f"{self.tally} points ({self.each or 'nothing started'})"

    @property
    def rank(self) -> tuple[int, int, int]:
        """Where it stands among the others, the best last: outcome, required points, bonus."""
        return -RANKS.index(self.outcome), self.points, self.bonus

    @property
    def link(self) -> str:
        """The address of what there is to read, from the summary on."""
        return f"{quote(self.folder)}/{'report.html' if self.report else 'grading.log'}"

    def cells(self) -> list[object]:
        """Return the line as summary.csv holds it."""
        parts = ", ".join(f"{part.name} {part.outcome}" for part in self.parts)
        cells = [
            *(self.path, self.outcome, self.points, self.max_points, self.each),
            *(self.seconds, self.mode, self.report.get("seed", ""), self.reason),
            f"./{self.link}" if self.link.startswith("-") else self.link,
            *(self.bonus, parts, self.first_failed, self.note),
        ]
        return [text(cell) if isinstance(cell, str) else cell for cell in cells]


def text(value: str) -> str:
    """Return a text that stays in its cell, and that no spreadsheet takes for a formula."""
    return FORMULA.sub("'", re.sub(r"[\t\r\n]", " ", value))


def write_summary(folder: Path, lines: Sequence[Line]) -> None:
    """Write `folder`/summary.csv and summary.html, the best first."""
    notes = shared([line.name for line in lines], [line.findings for line in lines])
    lines = [replace(line, note=note) for line, note in zip(lines, notes, strict=True)]
    ranked = sorted(sorted(lines, key=lambda line: line.name.casefold()), key=lambda line: line.rank, reverse=True)
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
        ranks=RANKS,
        passed=sum(line.outcome == "passed" for line in lines),
    )
