"""Mutants of the graders: one condition of a check removed or weakened at a time, to see whether the corpus notices.

    python -m tests.grader_mutants [--record] [--stage 03] [--file data/rules] [--jobs 2] [--live 2] [--least 95]

judges the recordings of `python -m tests.replay record` with each mutant, in milliseconds. The corpus notices a mutant
if a submission does not get the verdict that its expect.toml asks for. A mutant that asks for a run that was not
recorded is graded live, with at most `--live` submissions. Unnoticed mutants are named, unless
tests/grader_equivalent.toml excuses them with a reason. Mutants that change only the words of a message are counted
separately. Ends with 1 if fewer than `--least` % of the others are noticed.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from tests.corpus import entries
from tests.grader_mutants.changes import mutants
from tests.grader_mutants.judging import sources
from tests.grader_mutants.noticing import Jury, Outcome, excused, live
from tests.replay.__main__ import KINDS, record, recorded, stale
from tests.replay.grading import opened
from tests.replay.variations import opened_variation, variations


def main() -> int:
    """Judge the mutants."""
    parser = argparse.ArgumentParser(description="Mutants of the graders: does the corpus notice them?")
    parser.add_argument("--record", action="store_true", help="first record what has no recording, or a stale one")
    parser.add_argument("--stage", default="", help="the submissions and the check of one stage only")
    parser.add_argument("--file", default="", help="mutants of the modules with this in their name only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="side by side (%(default)s)")
    parser.add_argument("--live", type=int, default=2, metavar="N", help="submissions for a live run (%(default)s)")
    parser.add_argument("--least", type=float, default=95.0, metavar="PERCENT", help="to be noticed (%(default)s)")
    options = parser.parse_args()
    meant = [entry for kind in KINDS for entry in entries(kind, f"{options.stage}*")]
    if options.record:
        for entry in stale(meant):
            print(f"{record(entry)}  {entry}", flush=True)
    if old := stale(meant):
        print(f"{len(old)} of {len(meant)} recordings are missing or stale: python -m tests.replay record")
    with ExitStack() as files:
        began = time.monotonic()
        cases = [files.enter_context(opened(*one)) for one in recorded(meant)]
        varied = [one for one in variations() if one.entry.stage.startswith(options.stage)]
        jury = Jury([*cases, *(files.enter_context(opened_variation(one)) for one in varied)])
        if jury.mistakes:
            print("\n".join(jury.mistakes), "\nthe graders differ from the corpus already: record again", sep="")
            return 1
        chosen = [
            mutant
            for source in sources()
            if options.file in str(source) and (source.stage.startswith(options.stage) or not source.stage)
            for mutant in mutants(source)
        ]
        print(
            f"{len(chosen)} mutants, {len(jury.cases)} recordings, after {time.monotonic() - began:.0f} s", flush=True
        )
        outcomes = jury.try_all(chosen, options.jobs)
        outcomes = [live(one, options.live) if one.is_open else one for one in outcomes]
    return _report(outcomes, options.least, time.monotonic() - began)


def _report(outcomes: Sequence[Outcome], least: float, seconds: float) -> int:
    reasons = excused()
    nothing = [one for one in outcomes if one.means_nothing or (one.mutant.name in reasons and not one.noticed)]
    others = [one for one in outcomes if one not in nothing]
    advice, due = ([one for one in others if one.mutant.is_advice is wanted] for wanted in (True, False))
    left = [one for one in due if not one.noticed]
    for title, some in (("advice only, and no `says` pins it", advice), ("survives", left)):
        for one in sorted(some, key=lambda one: (str(one.mutant.source), one.mutant.first)):
            if not one.noticed:
                print(f"{title}: {one}")
    replayed = sum(one.noticed and not one.is_live for one in due)
    share = 100 * (len(due) - len(left)) / len(due) if due else 100.0
    print(
        f"\n{len(due)} mutants of conditions in {seconds:.0f} s: {replayed} noticed by replay, "
        f"{len(due) - len(left) - replayed} live, {len(left)} by nothing: {share:.1f} % noticed\n"
        f"{len(nothing)} others mean nothing; "
        f"of {len(advice)} that change words alone, {sum(one.noticed for one in advice)} are noticed"
    )
    return int(share < least)


if __name__ == "__main__":
    sys.exit(main())
