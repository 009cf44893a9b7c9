"""Whether verdicts flake: the corpus is graded again and again while every core is kept busy.

    python benchmarks/steadiness.py [--runs 30] [--stage 01]

Each run grades one right and one wrong submission of each stage, in turn through the corpus, beside one busy process
for each core. Ends with status 1 where a verdict differs from the expected one; inconclusive ones are counted apart.
"""

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.corpus import Entry, entries, grade_entry


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
    """Return what is graded: for each run and stage a right and a wrong submission, going round in the corpus."""
    stages = sorted({entry.stage for entry in entries(stage=f"{stage}*")})
    return [
        corpus[run % len(corpus)]
        for run in range(runs)
        for name in stages
        for corpus in (entries("right", name), entries("wrong", name))
    ]


def main() -> int:
    """Print each verdict that is off, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=30, help="right and wrong submissions for each stage (30 of each)")
    parser.add_argument("--stage", default="", help="only this stage, such as 01")
    options = parser.parse_args()
    wrong = inconclusive = 0
    graded = chosen(options.runs, options.stage)
    with busy_cores():
        for entry in graded:
            verdict = grade_entry(entry)
            if verdict.report["stages"][entry.stage]["outcome"] == "inconclusive":
                inconclusive += 1
                print(f"{entry}: inconclusive", flush=True)
            elif mistake := verdict.mistake(entry):
                wrong += 1
                print(f"{entry}: {mistake}", flush=True)
    print(f"{len(graded)} verdicts on busy cores: {wrong} wrong, {inconclusive} inconclusive")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
