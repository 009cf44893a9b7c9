"""How far the grader can be trusted: right and wrong submissions, mutants of the solutions, hostile ones; in exam mode.

    python benchmarks/trust.py [--rounds 3] [--stage 01] [--sample N] [--jobs 2]

Every submission of the corpus, hostile ones too, has to get exactly its expected verdict in each round. Mutants run
once, except those that change nothing or that the brief allows (tests/equivalent.toml). --sample N takes N random ones
of each stage instead of all. Ends with 1 if a verdict is wrong, more than 2 % of the mutants pass, or hostile code gets
out of its cell.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from checks.stages import STAGES
from tests import mutants
from tests.corpus import Entry, entries, grade, in_turn
from tests.hostile import fingerprint, grade_hostile, hostile, made, obstacle, unharmed

ENOUGH = 0.98  # of the mutants that behave differently have to be rejected
EXAM = "checks.lab.exam"


@dataclass
class Tally:
    """How many verdicts of a kind were due and right, and what was wrong with the others."""

    what: str
    due: int = 0
    right: int = 0
    off: list[str] = field(default_factory=list)

    def count(self, name: object, mistake: str) -> None:
        """Count one verdict; print a mistake at once."""
        self.due += 1
        self.right += not mistake
        if mistake:
            self.off.append(f"{name}: {mistake}")
            print(f"  {self.off[-1]}", flush=True)

    def __str__(self) -> str:
        return f"{self.what:22} {self.right:5} of {self.due:5}"


def graded(entry: Entry, temporary: str) -> str:
    """Return what is wrong with exam mode's verdict on a submission of the corpus; "" if nothing is."""
    arguments = (f"--submission={entry.folder}", "-k", entry.stage)
    try:
        verdict = grade(*arguments, program=EXAM, TMPDIR=temporary)
        if verdict.report["stages"][entry.stage]["outcome"] == "inconclusive":  # again, as a round does
            verdict = grade(*arguments, program=EXAM, TMPDIR=temporary)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        return str(error)
    return verdict.mistake(entry)


def contained(entry: Entry) -> str:
    """Return what a hostile submission did though it must not, or what is wrong with its verdict."""
    with tempfile.TemporaryDirectory() as folder:
        inside, temporary = Path(folder, "in"), Path(folder, "tmp")
        inside.mkdir()
        temporary.mkdir()
        try:
            with unharmed(temporary):
                verdict = grade_hostile(entry, made(entry, inside), temporary)
        except (AssertionError, RuntimeError) as error:
            return str(error)
        return verdict.mistake(entry)


def tally(what: str, due: Iterable[Entry], judge: Callable[[Entry], str], jobs: int) -> Tally:
    """Judge each one and count."""
    own, listed = Tally(what), list(due)
    with ThreadPoolExecutor(jobs) as pool:
        for entry, mistake in zip(listed, pool.map(judge, listed), strict=True):
            own.count(entry, mistake)
            if own.due % 50 == 0:
                print(f"{own}  (so far, of {len(listed)})", flush=True)
    return own


def tally_corpus(rounds: int, stage: str, jobs: int) -> tuple[list[Tally], str]:
    """Grade right and wrong submissions; return the totals, and what all of them together left behind."""
    sums: list[Tally] = []
    try:
        with tempfile.TemporaryDirectory() as temporary, unharmed(Path(temporary)):
            for what, kind in (("right accepted", "right"), ("wrong rejected", "wrong")):
                due = rounds * in_turn(entries(kind, f"{stage}*"))
                sums.append(tally(what, due, partial(graded, temporary=temporary), jobs))
    except AssertionError as error:
        return sums, str(error)
    return sums, ""


def tally_mutants(stage: str, sample: int, jobs: int) -> Tally:
    """Grade the mutants that may not pass."""
    own, known = Tally("mutants killed"), mutants.excused()
    chosen = []
    for name in (name for name in STAGES if name.startswith(stage)):
        different = [mutant for mutant in mutants.mutants(name) if str(mutant) not in known]
        chosen += random.sample(different, min(sample, len(different))) if sample else different
    with ThreadPoolExecutor(jobs) as pool:
        for mutant, said in zip(chosen, pool.map(mutants.outcome, chosen), strict=True):
            own.count(mutant, "" if said in mutants.REJECTED else said)
    return own


def passes(stage: str) -> list[str]:
    """Return the mutants that may pass, with the reason for each."""
    names = (name for name in STAGES if name.startswith(stage))
    reasons = mutants.excused()
    return [f"{one}: {reasons[str(one)]}" for name in names for one in mutants.mutants(name) if str(one) in reasons]


def main() -> int:
    """Print the totals, and everything that was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=1, help="times that the corpus is graded (%(default)s)")
    parser.add_argument("--stage", default="", help="only this stage, such as 01")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="mutants of each stage (all)")
    parser.add_argument("--jobs", type=int, default=2, help="verdicts side by side (%(default)s)")
    options = parser.parse_args()
    if why := obstacle():
        sys.exit(why)
    before, started = fingerprint(), time.monotonic()
    sums, left = tally_corpus(options.rounds, options.stage, options.jobs)
    verdicts = sum(own.due for own in sums)
    rate = 60 * verdicts / (time.monotonic() - started)
    sums.append(tally_mutants(options.stage, options.sample, options.jobs))
    hostiles = options.rounds * [entry for entry in hostile() if entry.stage.startswith(options.stage)]
    sums.append(tally("hostile contained", hostiles, contained, 1))  # one by one, to see which left what
    changed = [file for file, kept in fingerprint().items() if before.get(file) != kept]
    print("", *sums, f"verdicts a minute       {rate:5.1f}", sep="\n")
    print(f"left behind by right and wrong ones: {left or 'nothing'}")
    print(f"files of the course changed: {', '.join(changed) or 'none'}")
    for own in sums:
        print("", *own.off, sep="\n  ")
    print("\nnot graded, since they may pass:", *passes(options.stage), sep="\n  ")
    right, wrong, killed, held = sums
    is_trusted = not (right.off or wrong.off or held.off or left or changed) and killed.right >= ENOUGH * killed.due
    return 0 if is_trusted else 1


if __name__ == "__main__":
    sys.exit(main())
