"""The bench: what a check is given to judge one submission with."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.lab.cell import Cell
from checks.lab.faults import Choice, Faults
from checks.lab.journal import Journal
from checks.lab.submission import Submission
from checks.lab.swarm import Run, run_alone
from checks.lab.target import THREADS, Target, serve
from petshop_app import create_app

COMPRESSION = 40.0  # a think time of 1 to 3 s takes 25 to 75 ms


class Lab:
    """One stage's submission, the chance of this run, and the means to run the one against the other."""

    def __init__(self, submission: Submission, rng: random.Random) -> None:
        self.submission = submission
        self.rng = rng

    @contextmanager
    def petshop(self, answers: Choice | None = None, threads: int = THREADS) -> Iterator[Target]:
        """Serve a fresh pet shop on a database of its own, its answers changed as `answers` chooses."""
        with TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as folder:
            shop = create_app({"DATABASE": Path(folder) / "petshop.sqlite3"})
            with serve(Faults(shop, answers) if answers else shop, threads) as target:
                yield target
            shop.extensions["petshop_db"]()

    def swarm(self, target: Target, *, users: int, done: Callable[[Journal], bool]) -> Run:
        """Run the submission with `users` users against `target` until `done`, or what else ends `run_alone`."""
        with Cell() as cell:
            self.submission.copy_to(cell.work)
            return run_alone(cell, self.submission.locustfile, target, users=users, compression=COMPRESSION, done=done)
