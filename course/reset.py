"""`reset`: puts a stage's starter back, and keeps the learner's own files beside it."""

import argparse
import os
import shutil
from functools import partial
from pathlib import Path

from checks.stages import ROOT, STARTERS, TAKEN_ALONG, Stage
from course.choice import chosen
from course.ending import say
from course.job import Job


def read(words: list[str]) -> Job:
    """Reads which stage is meant."""
    parser = argparse.ArgumentParser(prog="workshop.py reset", description=reset.__doc__, allow_abbrev=False)
    parser.add_argument("stage", help="the stage's number, such as 01")
    return Job(partial(reset, chosen(parser.parse_args(words).stage)), requirements=())


def reset(stage: Stage) -> int:
    """Puts the starter of a stage back; the learner's files stay beside it as NAME.bak."""
    starter = STARTERS / stage.name
    sources = [path for path in sorted(starter.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    changed = [source for source in sources if put_back(source, stage.exercise / source.relative_to(starter))]
    shown = stage.exercise.relative_to(ROOT).as_posix()
    if not changed:
        say(f"{shown} is the starter already: nothing changed.")
    others = not_of_starter(stage, starter)
    if others:
        say(f"Also in {shown}, and graded with it: {', '.join(others)}. Delete what you want to be without.")
    return 0


def not_of_starter(stage: Stage, starter: Path) -> list[str]:
    """Returns the learner's own files that a grader takes along, relative to the stage's folder."""
    own = [path.relative_to(stage.exercise) for path in sorted(stage.exercise.rglob("*")) if path.is_file()]
    taken = [path for path in own if path.suffix in TAKEN_ALONG or path.name in stage.taken]
    return [path.as_posix() for path in taken if not (starter / path).exists()]


def put_back(source: Path, target: Path) -> bool:
    """Copies a starter's file over the learner's, which is kept; returns False if they are the same."""
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return False
    shown = target.relative_to(ROOT).as_posix()
    if os.path.lexists(target):
        backup = free_name(target)
        target.replace(backup)
        say(f"{shown}: the starter is back; yours is kept as {backup.name}")
    else:
        say(f"{shown}: the starter is back")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return True


def free_name(path: Path) -> Path:
    """Returns NAME.bak, or NAME.1.bak and so on: one that no earlier reset has taken."""
    backup, number = path.with_name(f"{path.name}.bak"), 0
    while os.path.lexists(backup):
        number += 1
        backup = path.with_name(f"{path.name}.{number}.bak")
    return backup
