"""The bench: what a check is given to judge one submission with."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from checks.lab.cell import Cell
from checks.lab.faults import Choice, Faults
from checks.lab.journal import Journal
from checks.lab.peers import Peers
from checks.lab.settings import Settings, read
from checks.lab.submission import Submission
from checks.lab.swarm import PATIENCE, Run, Swarm, run_alone, swarm
from checks.lab.target import THREADS, Target, serve
from petshop_app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Middleware = Callable[["WSGIApplication"], "WSGIApplication"]
COMPRESSION = 40.0  # a think time of 1 to 3 s takes 25 to 75 ms


class Lab:
    """One stage's submission, the chance of this run, and the means to run the one against the other."""

    def __init__(self, submission: Submission, rng: random.Random) -> None:
        self.submission = submission
        self.rng = rng

    @contextmanager
    def petshop(
        self,
        answers: Choice | None = None,
        threads: int = THREADS,
        peers: Peers | None = None,
        front: Middleware | None = None,
    ) -> Iterator[Target]:
        """Serve a fresh pet shop on a database of its own, its answers changed as `answers` chooses.

        `front`, where given, stands in front of it: what a request waits for there is a part of its answer's time.
        `peers`, where given, learns which process each request comes from.
        """
        with TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as folder:
            shop = create_app({"DATABASE": Path(folder) / "petshop.sqlite3"})
            app: WSGIApplication = Faults(shop, answers) if answers else shop
            app = front(app) if front else app
            try:
                with serve(peers.noting(app) if peers else app, threads) as target:
                    yield target
            finally:
                shop.extensions["petshop_db"]()

    def swarm(self, target: Target, *, users: int, done: Callable[[Journal], bool], patience: float = PATIENCE) -> Run:
        """Run the submission with `users` users against `target` until `done`, or what else ends `run_alone`."""
        with Cell() as cell:
            self.submission.copy_to(cell.work)
            return run_alone(
                cell,
                self.submission.locustfile,
                target,
                users=users,
                compression=COMPRESSION,
                done=done,
                patience=patience,
            )

    def settings(self, *names: str) -> list[Settings]:
        """Return what the submission's configuration files `names` mean to Locust."""
        with Cell() as cell:
            self.submission.copy_to(cell.work)
            return read(cell, names)

    @contextmanager
    def distributed(self, *, users: int, compression: float) -> Iterator[Swarm]:
        """Serve a fresh pet shop, and give a swarm for it: no process yet, the submission as its working directory."""
        peers = Peers()
        with self.petshop(peers=peers) as target, Cell() as cell:
            self.submission.copy_to(cell.work)
            with swarm(cell, target, peers, users=users, compression=compression) as started:
                yield started
