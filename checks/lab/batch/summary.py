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

from checks.lab.outcome import plain
from checks.lab.report.interview import sentence
from checks.lab.report.page import SIGNS, templates
from checks.lab.report.report import scored, write_whole
from checks.lab.report.standing import (
    NOT_EXAMINED,
    NOT_FINISHED,
    Criterion,
    missing,
    not_examined,
    outcome,
    parts,
    required,
    worth,
)
from checks.lab.submission.findings import shared

FILES = ("summary.csv", "summary.html")
COLUMNS = (
    *("submission", "outcome", "points", "max_points", "stages", "seconds", "mode", "seed", "reason", "report"),
    *(
        "bonus",
        "parts",
        "first_failed",
        "note",
        "seen",
        "lost",
        "not_examined",
    ),  # add new ones at the end: scripts may rely on the positions
)
# The beginning of a cell that a spreadsheet takes for a formula; in some languages a semicolon separates cells.
FORMULA = re.compile(r"(?:^|(?<=;))(?=[\s\"']*[=+\-@\uff1d\uff0b\uff0d\uff20])")
SCRIPT = Path(__file__).parents[1] / "report" / "templates" / "summary.js"
ORDER = ("failed", "inconclusive", NOT_FINISHED, "passed")  # of stages: a failed one decides
# Inconclusive stands above failed: these candidates have to be graded again, since the machine was at fault.
RANKS = ("passed", "inconclusive", "failed", NOT_FINISHED, "no_verdict", "not_started")
LEGEND = ("passed", "failed", "inconclusive", NOT_EXAMINED, NOT_FINISHED, "not_started")
SEEN = re.compile(r"^seen: (.*?)(?=\n(?:expected|next): |\Z)", re.DOTALL | re.MULTILINE)  # in a criterion's message


@dataclass(frozen=True)
class PartMark:
    """A part of a task, or a stage that has no parts: its short name and its outcome."""

    name: str
    outcome: str


@dataclass(frozen=True)
class Candidate:
    """One submission in the summary; `report` is the content of its report.json, empty if there is none."""

    path: str
    folder: str
    report: dict[str, Any]
    reason: str
    seconds: float
    mode: str
    note: str = ""  # what it shares with other submissions

    @property
    def findings(self) -> dict[str, Any]:
        """What its author has measured; empty if there is nothing."""
        return next((stage["findings"] for stage in self.stages.values() if "findings" in stage), {})

    @property
    def name(self) -> str:
        """The submission as a person calls it."""
        return plain(self.folder, 100)

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """The stages that are begun."""
        return {name: stage for name, stage in self.handed_out.items() if stage_outcome(stage) != "not_started"}

    @property
    def handed_out(self) -> dict[str, dict[str, Any]]:
        """The stages that were to be graded, begun or not."""
        return self.report.get("stages", {})  # type: ignore[no-any-return]

    @property
    def outcome(self) -> str:
        """The outcome of all stages together."""
        if self.reason:
            return "no_verdict"
        outcomes = set(map(stage_outcome, self.stages.values()))
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
        """The most points of the stages that are begun, or of all stages if none is; without a bonus."""
        return sum(stage["max_points"] for stage in (self.stages or self.handed_out).values())

    @property
    def criteria(self) -> list[Criterion]:
        """The criteria of all stages that are begun."""
        return [criterion for stage in self.stages.values() for criterion in stage.get("criteria", ())]

    @property
    def each(self) -> str:
        """The outcome of each stage that is begun."""
        return ", ".join(f"{name} {stage_outcome(stage)}" for name, stage in self.stages.items())

    @property
    def parts(self) -> list[PartMark]:
        """The parts of each stage that is begun; a stage without parts stands for itself."""
        found = []
        for name, stage in self.stages.items():
            numbered = [part for part in parts(stage.get("criteria", ())) if part.number]
            whole = PartMark(name.partition("_")[0], stage_outcome(stage))
            found += [PartMark(f"P{part.number}", part.outcome) for part in numbered] or [whole]
        return found

    @property
    def first_failed(self) -> str:
        """The title of the first criterion that failed; that of a bonus only if nothing else has failed."""
        failed = self._failed
        return ("bonus: " * bool(failed.get("bonus")) + str(failed["title"])) if failed else ""

    @property
    def seen(self) -> str:
        """What the grader saw when that criterion failed."""
        found = SEEN.search(self._failed.get("message", "")) if self._failed else None
        return found[1] if found else ""

    @property
    def _failed(self) -> Criterion | None:
        failed = [each for each in self.criteria if each["outcome"] == "failed"]
        return min(failed, key=lambda each: bool(each.get("bonus")), default=None)

    @property
    def unbegun(self) -> str:
        """Why nothing was begun, if the reason is the same for all stages; empty if something was."""
        stages = () if self.stages else self.handed_out.values()
        reasons = {each.get("message", "") for stage in stages for each in stage.get("criteria", ())}
        return str(reasons.pop()) if len(reasons) == 1 else ""

    @property
    def why(self) -> str:
        """Why it has not simply passed, in a sentence."""
        if self.reason or self.unbegun:
            return sentence(self.reason or self.unbegun)
        if self._failed:
            told = sentence(self.seen) if self.seen else f"Failed at: {self._failed['title']}"
            return "Bonus: " * bool(self._failed.get("bonus")) + told
        open_ones = (each for each in required(self.criteria) if each["outcome"] != "passed" and each.get("message"))
        return next((sentence(each["message"]) for each in open_ones), "")

    @property
    def missing(self) -> str:
        """How many of the missing points were lost and how many not examined, if some were not."""
        return missing(self.criteria)

    @property
    def tally(self) -> str:
        """The points as people read them."""
        return scored(self.points, self.max_points, self.bonus)

    @property
    def score(self) -> str:
        """The outcome and the points in a few words."""
        if self.reason:
            return f"no score, {self.reason}"
        nothing = f"not started: {self.unbegun}" if self.unbegun else "nothing started"
        return f"{self.tally} points ({self.each or nothing})"

    @property
    def rank(self) -> tuple[int, int, int]:
        """The key by which candidates are sorted, the best last: outcome, required points, bonus."""
        return -RANKS.index(self.outcome), self.points, self.bonus

    @property
    def link(self) -> str:
        """The address of the report, relative to the summary."""
        return f"{quote(self.folder)}/{'report.html' if self.report else 'grading.log'}"

    def cells(self) -> list[object]:
        """Return the cells of its row in summary.csv."""
        each, needed = ", ".join(f"{part.name} {part.outcome}" for part in self.parts), required(self.criteria)
        cells = [
            *(self.path, self.outcome, self.points, self.max_points, self.each),
            *(self.seconds, self.mode, self.report.get("seed", ""), self.reason or self.unbegun),
            f"./{self.link}" if self.link.startswith("-") else self.link,
            *(self.bonus, each, self.first_failed, self.note, self.seen),
            *(worth(needed, "failed"), not_examined(needed)),
        ]
        return [text(cell) if isinstance(cell, str) else cell for cell in cells]


def stage_outcome(stage: dict[str, Any]) -> str:
    """Return the outcome of a stage, as a person reads it."""
    return outcome(stage["criteria"]) if stage.get("criteria") else str(stage["outcome"])


def text(value: str) -> str:
    """Return the text in a form that stays in its cell, and that no spreadsheet takes for a formula."""
    return FORMULA.sub("'", re.sub(r"[\t\r\n]", " ", value))


def write_summary(folder: Path, lines: Sequence[Candidate]) -> None:
    """Write `folder`/summary.csv and summary.html, the best first."""
    notes = shared([line.name for line in lines], [line.findings for line in lines])
    lines = [replace(line, note=note) for line, note in zip(lines, notes, strict=True)]
    ranked = sorted(sorted(lines, key=lambda line: line.name.casefold()), key=lambda line: line.rank, reverse=True)
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *(line.cells() for line in ranked)])
    write_whole(folder / "summary.csv", table.getvalue())
    write_whole(folder / "summary.html", _page(ranked))


def _page(lines: Sequence[Candidate]) -> str:
    script = SCRIPT.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return templates.get_template("summary.html").render(
        lines=lines,
        script=script,
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        mode="practice" if any(line.mode == "practice" for line in lines) else "exam",
        signs=SIGNS,
        ranks=RANKS,
        names=_names(lines),
        legend=[each for each in LEGEND if each in {part.outcome for line in lines for part in line.parts}],
        passed=sum(line.outcome == "passed" for line in lines),
    )


def _names(lines: Sequence[Candidate]) -> str:
    """Return what the short names of the parts stand for."""
    names = sorted({part.name for line in lines for part in line.parts})
    numbered, stages = ([name for name in names if (name[0] == "P") == is_part] for is_part in (True, False))
    told = [f"{', '.join(numbered)}: parts of the task"] * bool(numbered) + ["01, 02 ...: stages"] * bool(stages)
    return f"{'; '.join(told)}. " if told else ""
