"""Fuzz the grader for some minutes: python -m tests.fuzz [--minutes 10] [--slow-share 0.3] [--seed N] [--only TARGET].

Each target gets its turn again and again, until time is up. An example that causes a complaint is kept as a small
recipe in tests/fuzz/kept/, where `pytest tests/fuzz` tries it from then on. Ends with 1 if there was a complaint.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.fuzz.gradings import graded
from tests.fuzz.guard import Guard
from tests.fuzz.hunt import Tally, hunt
from tests.fuzz.strategies import FOR
from tests.fuzz.targets import TARGETS
from tests.hostile import obstacle

SLOW = "grading"
AT_ONCE, AT_ONCE_SLOW = 40, 2  # examples in a turn
SHRINKING, SHRINKING_SLOW = 15.0, 40.0  # seconds
MEMORY = Path("/dev/shm")  # noqa: S108 - for thousands of small files a minute, none of which is kept


def turn(tally: Tally, guards: dict[bool, Guard], seed: int) -> None:
    """Try some examples for one target."""
    name = tally.target
    if name == SLOW:
        hunt(tally, FOR[name], graded, examples=AT_ONCE_SLOW, seed=seed, shrinking=SHRINKING_SLOW)
        return
    attempt = partial(guards[TARGETS[name].with_locust].call, name)
    hunt(tally, FOR[name], attempt, examples=AT_ONCE, seed=seed, shrinking=SHRINKING)


def fuzz(names: list[str], seconds: float, slow_share: float, seed: int) -> list[Tally]:
    """Give each target its turns until time is up; return the results."""
    tallies, spent = {name: Tally(name) for name in names}, dict.fromkeys(names, 0.0)
    fast = [name for name in names if name != SLOW]
    chance, deadline = random.Random(seed), time.monotonic() + seconds
    with ExitStack() as guards:
        by_kind = {kind: guards.enter_context(Guard(with_locust=kind, place=MEMORY)) for kind in (False, True)}
        while (now := time.monotonic()) < deadline:
            slow_is_due = SLOW in names and (not fast or spent[SLOW] <= slow_share * sum(spent.values()))
            name = SLOW if slow_is_due else min(fast, key=spent.__getitem__)
            before = set(tallies[name].found)
            turn(tallies[name], by_kind, chance.randrange(2**32))
            spent[name] += time.monotonic() - now
            for kind in set(tallies[name].found) - before:
                print(f"{name}: {tallies[name].found[kind].found}", flush=True)
    return list(tallies.values())


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    what: Callable[..., object] = parser.add_argument
    what("--minutes", type=float, default=10.0)
    what("--slow-share", type=float, default=0.3, help="of the time, for whole gradings in exam mode")
    what("--seed", type=int, default=random.randrange(10**6))
    what("--only", choices=FOR, action="append", help="this target alone; may be given more than once")
    asked = parser.parse_args()
    names = asked.only or [name for name in FOR if name != SLOW or asked.slow_share]
    if SLOW in names and (why := obstacle()):
        sys.exit(f"whole gradings need exam mode: {why} (--slow-share 0 leaves them out)")
    print(f"seed {asked.seed}", flush=True)
    tallies = fuzz(names, 60 * asked.minutes, asked.slow_share, asked.seed)
    print(f"{'target':14} {'tried':>6} {'slowest':>10} {'most memory':>11} found")
    for tally in tallies:
        print(tally)
    found = [one for tally in tallies for one in tally.found.values()]
    for one in found:
        print(f"kept {one.keep().name}: {one.found}")
    return 1 if found else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = home  # not into the repository
        sys.exit(main())
