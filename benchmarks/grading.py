"""The cost of a verdict: each stage's grader against a bare Locust run on the same file, in one table.

    python benchmarks/grading.py [--runs 5]

Bare means `locust --headless -u 1 -t 1s` on the reference solution against the pet shop. Both are whole processes,
timed in turn, so that a machine that slows down slows both. Then stages 01 to 04 run together, with -n auto. Ends with
status 1 if stage 01 costs more than 3 bare runs, or these four more than 45 s.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from checks.lab.target.server import serve
from petshop_app import create_app

LIMITS = {"01_sequential_flows": 3.0}
WHOLE_LIMIT = 45.0  # seconds, for stages 01 to 04 on two cores


def wall_seconds(command: Sequence[str]) -> float:
    """Return how long a command took; it has to succeed."""
    started = time.perf_counter()
    finished = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if finished.returncode:
        sys.exit(f"{' '.join(command)} ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
    return time.perf_counter() - started


def measure(stage: str, runs: int) -> tuple[float, float, float]:
    """Return the medians of the bare runs, of the verdicts, and of the ratios of each pair."""
    locustfile = str(ROOT / "solutions" / stage / "locustfile.py")
    pairs = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            shop = create_app({"DATABASE": Path(folder) / "petshop.sqlite3"})
            with serve(shop) as target:
                command = ["-m", "locust", "--headless", "-u", "1", "-t", "1s", "-f", locustfile, "--host", target.url]
                bare = wall_seconds([sys.executable, *command])
            shop.extensions["petshop_db"]()
        verdict = wall_seconds([sys.executable, "-m", "pytest", "checks/", "--solutions", "-k", stage])
        pairs.append((bare, verdict))
    bares, verdicts = zip(*pairs, strict=True)
    ratios = [verdict / bare for bare, verdict in pairs]
    return statistics.median(bares), statistics.median(verdicts), statistics.median(ratios)


def main() -> int:
    """Print the table; return 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5, help="pairs for each stage (5)")
    runs = parser.parse_args().runs
    print(f"{'stage':24} {'bare s':>8} {'verdict s':>10} {'ratio':>6}   (medians of {runs})")
    status = 0
    for stage in sorted(folder.name for folder in (ROOT / "solutions").glob("[0-9]*")):
        bare, verdict, ratio = measure(stage, runs)
        limit = LIMITS.get(stage)
        note = f"  limit {limit}" if limit else ""
        print(f"{stage:24} {bare:8.2f} {verdict:10.2f} {ratio:6.2f}{note}", flush=True)
        status |= bool(limit and ratio > limit)
    chosen = ["-k", "01 or 02 or 03 or 04", "-n", "auto"]
    whole = wall_seconds([sys.executable, "-m", "pytest", "checks/", "--solutions", *chosen])
    print(f"stages 01 to 04 with -n auto on {os.cpu_count()} cores: {whole:.1f} s  limit {WHOLE_LIMIT}")
    return status | (whole > WHOLE_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
