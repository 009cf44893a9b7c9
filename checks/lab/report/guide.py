"""The guide: the paths of a learner's files, relative to the learner's current folder, and what to do next."""

import os
from dataclasses import dataclass
from pathlib import Path

from checks.lab.outcome import Outcome
from checks.stages import EXERCISES, after, named


@dataclass(frozen=True)
class Guide:
    """Finds files of the answers below `graded`; learners who grade their own `exercises/` also get a next step."""

    graded: Path
    here: Path

    def path_of(self, stage: str, name: str) -> str:
        """Return a clickable path of a file of a stage's answer; only its name if there is no such file."""
        inner = named(stage).inner
        top = named(stage).exercise.parent if self._is_own_work else self.graded
        for folder in (top / stage / inner, top / inner, top, top.parent):
            if (folder / name).is_file():
                return self._shown(folder / name)
        return name

    def next_step(self, stage: str, outcome: Outcome) -> str:
        """Return what a learner should do about a stage with this outcome; empty when other people's work is graded."""
        own = named(stage)
        if not self._is_own_work or own.is_apart:
            return ""
        check = f"pytest checks/ -k {own.number}"
        if outcome is Outcome.NOT_STARTED:
            readme = self._shown(own.exercise / "README.md")
            return f"read {readme}, edit {own.locustfile} beside it, then grade it: {check}"
        if outcome is Outcome.PASSED:
            notes, later = self._shown(own.solution / "NOTES.md"), after(stage)
            onward = f"go on to {self._shown(later.exercise / 'README.md')}" if later else "you have done them all"
            return f"compare your answer with {notes}; then {onward}"
        if outcome is Outcome.FAILED:
            return f"{check} --hints opens a hint, each time one more"
        return ""

    @property
    def _is_own_work(self) -> bool:
        return self.graded == EXERCISES

    def _shown(self, path: Path) -> str:
        try:
            return Path(os.path.relpath(path, self.here)).as_posix()
        except ValueError:  # on Windows, another drive
            return str(path)
