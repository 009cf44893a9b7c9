"""`grade`: grades other people's submissions, in exam mode unless --practice is given."""

import argparse
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

from checks.stages import ROOT, STAGES
from course.arguments import job_count, seed
from course.choice import chosen
from course.ending import Stop
from course.job import Job
from course.programs import first_to_end, running
from course.system import INTERRUPT

# What a probe says that misses a file of the course: --practice would miss it too.
INCOMPLETE = re.compile(r"No module named '?checks\b|cannot import name .* from 'checks\b|\[Errno 2\].*\bchecks\b")
NO_EXAM = "exam mode is not available"  # so begins what the probe says where it refuses


def read(words: list[str]) -> Job:
    """Reads what is to be graded and how; raises Stop where a path or the task does not exist."""
    options = parser().parse_args(words)
    options.paths = [found for path in options.paths for found in meant(path)]
    missing = [str(path) for path in options.paths if is_missing(path)]
    if missing:
        raise Stop(f"there is no {', '.join(missing)}: nothing was graded.")
    options.stage = chosen(options.task, STAGES.values()).name if options.task else ""
    return Job(partial(grade, options))


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    parser = argparse.ArgumentParser(prog="workshop.py grade", description=grade.__doc__, allow_abbrev=False)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, a locustfile, or an archive")
    parser.add_argument("--task", help="one stage only: its number, or jsonplaceholder")
    parser.add_argument("--jobs", type=job_count, default=1, metavar="N", help="so many at once; default: 1")
    parser.add_argument("--out", type=Path, default=Path("report"), metavar="DIR", help="default: report")
    parser.add_argument("--practice", action="store_true", help="not isolated: only for code that you trust")
    parser.add_argument("--seed", type=seed, metavar="N", help="the same numbers for all; default: by chance")
    parser.add_argument("--again", action="store_true", help="grade again what has a report already")
    return parser


def meant(path: Path) -> list[Path]:
    """Returns what a path means: where it is a pattern that no shell has replaced, as in a container, what fits it."""
    return (sorted(path.parent.glob(path.name)) if is_missing(path) else []) or [path]


def is_missing(path: Path) -> bool:
    """Tells whether there is nothing at a path. The round itself reports forbidden paths and broken links."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def grade(options: argparse.Namespace) -> int:
    """Grades other people's submissions, each in its own process; goes on where an earlier call was interrupted."""
    command = [
        *(sys.executable, "-m", "checks.lab.batch", "--out", options.out.resolve(), "--jobs", options.jobs),
        *(["--stage", options.stage] if options.stage else []),
        *("--mode", "practice" if options.practice else isolation()),
        *([] if options.seed is None else ["--seed", options.seed]),
        *(["--again"] if options.again else []),
        *("--here", Path.cwd(), "--", *(path.absolute() for path in options.paths)),
    ]
    with running(command, cwd=ROOT, request=INTERRUPT) as process:  # it ends its gradings, and says how far it got
        return first_to_end({"the round": process})[1]


def isolation() -> str:
    """Returns the mode that isolates strangers' code; raises Stop unless a probe has shown that it works here.

    A probe that is missing, crashes, or ends silently has shown nothing.
    """
    command = [sys.executable, "-m", "checks.lab.exam", "--probe"]
    probe = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    if probe.returncode or not probe.stdout.strip():
        said = (probe.stdout.strip() or probe.stderr.strip() or "its probe says nothing").splitlines()[-1]
        if INCOMPLETE.search(said):
            raise Stop(f"this copy of the course is incomplete ({said}): get it again.")
        reason = said if said.startswith(NO_EXAM) else f"{NO_EXAM} here: {said}"
        raise Stop(f"{reason}; or grade with --practice: not isolated.")
    return "exam"
