"""Thirty submissions, three of them hostile, in one call of `workshop.py grade`: are all reports right and in time?

    python benchmarks/candidates.py [--jobs 2]

It grades stage 01 in exam mode, and then repeats the call without the hostile three. Ends with 1 if a report is not
what the corpus expects, or the thirty take more than 1.3 times as long as the twenty-seven and the hostile ones alone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.corpus import Entry, Verdict, entries

STAGE = "01_sequential_flows"
HOSTILE = ("busy_loop", "fork_bomb", "ignores_sigterm")
ALL, PATIENCE = 30, 1.3


def grade(chosen: list[Entry], out: Path, jobs: int) -> float:
    """Grade them in one call; return its wall time in seconds."""
    paths = [str(entry.folder) for entry in chosen]
    command = [sys.executable, "workshop.py", "grade", *paths, "--task", "01", "--jobs", str(jobs), "--out", str(out)]
    started = time.monotonic()
    finished = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if finished.returncode not in (1, 6):
        sys.exit(f"grade ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
    return time.monotonic() - started


def mistakes(chosen: list[Entry], out: Path) -> list[str]:
    """Return what is wrong with the reports."""
    found = []
    for entry in chosen:
        report = out / entry.folder.name / "report.json"
        if not report.is_file():
            found.append(f"{entry}: no report")
        elif mistake := Verdict(0, json.loads(report.read_text(encoding="utf-8"))).mistake(entry):
            found.append(f"{entry}: {mistake}")
    return found


def seconds_of(chosen: list[Entry], out: Path) -> float:
    """Return how long these gradings alone took, one after the other."""
    stamps = [json.loads((out / entry.folder.name / "grading.json").read_text(encoding="utf-8")) for entry in chosen]
    return sum(float(stamp["seconds"]) for stamp in stamps)


def main() -> int:
    """Print both times, and each report that is off."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--jobs", type=int, default=2, help="side by side (%(default)s)")
    jobs = parser.parse_args().jobs
    hostile = [entry for entry in entries("hostile", STAGE) if entry.folder.name in HOSTILE]
    others = [*entries("right", STAGE), *entries("wrong", STAGE)][: ALL - len(hostile)]
    whole = others[:9] + hostile[:1] + others[9:18] + hostile[1:2] + others[18:] + hostile[2:]
    with tempfile.TemporaryDirectory() as folder:
        with_hostile = grade(whole, Path(folder, "with"), jobs)
        off = mistakes(whole, Path(folder, "with"))
        own = seconds_of(hostile, Path(folder, "with"))
        without = grade(others, Path(folder, "without"), jobs)
    print(f"{len(whole)} submissions: {len(whole) - len(off)} right reports in {with_hostile:.0f} s, --jobs {jobs}")
    print(f"without {', '.join(HOSTILE)}: {without:.0f} s; these three alone: {own:.0f} s")
    print("", *off, sep="\n")
    return 1 if off or with_hostile > PATIENCE * without + own else 0


if __name__ == "__main__":
    sys.exit(main())
