"""Whether verdicts flake: the corpus is graded again and again while every core is kept busy.

    python benchmarks/steadiness.py [--runs 30] [--stage 01] [--jobs 1]

Each run grades one right and one wrong submission of each stage, going through the corpus in turn, beside one busy
process for each core. Inconclusive verdicts are counted, and graded once more. Ends with status 1 if a verdict differs
from the expected one, or more than 1 in 100 are inconclusive.
"""

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.corpus import Entry, Verdict, entries, grade_entry

MOST_INCONCLUSIVE = 0.01  # of all verdicts


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """Keep every core busy until the block ends."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def chosen(runs: int, stage: str) -> list[Entry]:
    """Return the submissions to grade: a right and a wrong one for each run and stage, going round in the corpus."""
    stages = sorted({entry.stage for entry in entries(stage=f"{stage}*")})
    return [
        corpus[run % len(corpus)]
        for run in range(runs)
        for name in stages
        for corpus in (entries("right", name), entries("wrong", name))
    ]


def graded(entry: Entry) -> tuple[Entry, bool, Verdict]:
    """Return the verdict on a submission, and whether it needed a second run."""
    verdict = grade_entry(entry)
    is_open = verdict.report["stages"][entry.stage]["outcome"] == "inconclusive"
    return entry, is_open, grade_entry(entry) if is_open else verdict


def main() -> int:
    """Print each wrong verdict, and the totals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=30, help="right and wrong submissions for each stage (30 of each)")
    parser.add_argument("--stage", default="", help="only this stage, such as 01")
    parser.add_argument("--jobs", type=int, default=1, help="verdicts side by side (%(default)s)")
    options = parser.parse_args()
    wrong = inconclusive = 0
    corpus = chosen(options.runs, options.stage)
    with busy_cores(), ThreadPoolExecutor(options.jobs) as pool:
        for entry, was_open, verdict in pool.map(graded, corpus):
            inconclusive += was_open
            if was_open:
                print(f"{entry}: inconclusive at first", flush=True)
            if mistake := verdict.mistake(entry):
                wrong += 1
                print(f"{entry}: {mistake}", flush=True)
    print(f"{len(corpus)} verdicts on busy cores: {wrong} wrong, {inconclusive} inconclusive at first")
    return int(wrong > 0 or inconclusive > MOST_INCONCLUSIVE * len(corpus))


if __name__ == "__main__":
    sys.exit(main())
