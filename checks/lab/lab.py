"""The bench: everything that a check needs to judge one submission."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from checks import stages
from checks.lab.cell.practice import Cell
from checks.lab.cell.private import is_inside
from checks.lab.locust.run import LIMIT, PATIENCE, Run, run_alone
from checks.lab.locust.settings import Settings, read
from checks.lab.locust.swarm import Swarm, swarm
from checks.lab.report.evidence import Evidence, gathered, readings
from checks.lab.submission.answer import Submission
from checks.lab.target.journal import Journal
from checks.lab.target.middleware.faults import Choice, Faults
from checks.lab.target.peers import Peers
from checks.lab.target.server import THREADS, Target, serve
from checks.lab.verdict.diagnosis import astray
from petshop_app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Files = Mapping[str, str]
NO_FILES: Files = {}
Middleware = Callable[["WSGIApplication"], "WSGIApplication"]
CONTROL = Path(__file__).with_name("inside") / "control.py"
SPAWNING = 0.7, 3.0  # spawn rate / users: drawn in this range, so that no file recognizes the grader by its rate
TRIED, TRIED_FOR = 3, 5.0  # users, and seconds without a request, in a run that only shows where requests go
COMPRESSION = 40.0  # a think time of 1 to 3 s takes 25 to 75 ms


class Lab:
    """One stage's submission, this run's random numbers, and the means to run the submission."""

    def __init__(
        self,
        submission: Submission,
        rng: random.Random,
        cell: Callable[[], Cell] = Cell,
        limit: float = LIMIT,
        evidence: Evidence | None = None,
    ) -> None:
        self.submission = submission
        self.rng = rng
        self._cell, self._limit = cell, limit
        self.readings = readings(submission)
        self.evidence = gathered(submission, self.readings) if evidence is None else evidence
        self._is_addressed = any(reading.is_addressed for reading in self.readings.values())

    @property
    def words(self) -> set[str]:
        """The names, the .attributes and the texts of one word in the submission's code."""
        return {word for reading in self.readings.values() for word in reading.words}

    def beside(self) -> "Lab":
        """Return a lab for the same submission, with its own random numbers and evidence, for use in another thread."""
        return Lab(
            self.submission,
            random.Random(self.rng.random()),
            self._cell,
            self._limit,
            Evidence(holder=self.evidence.holder),
        )

    def control(self) -> "Lab":
        """Return a lab whose submission is the control; it may be used in another thread."""
        submission = Submission(self.submission.stage, CONTROL.parent, CONTROL.name, {CONTROL: CONTROL.read_bytes()})
        return Lab(submission, random.Random(self.rng.random()), self._cell, self._limit)

    @contextmanager
    def petshop(
        self,
        answers: Choice | None = None,
        threads: int = THREADS,
        peers: Peers | None = None,
        front: Middleware | None = None,
        seed: Callable[[Path], None] | None = None,
    ) -> Iterator[Target]:
        """Serve a fresh pet shop, as `serving` does; `seed`, if given, fills its database beforehand."""
        with TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as folder:
            shop = create_app({"DATABASE": Path(folder) / "petshop.sqlite3"})
            try:
                if seed:
                    seed(shop.config["DATABASE"])
                with self.serving(shop, answers, threads, peers, front) as target:
                    yield target
            finally:
                shop.extensions["petshop_db"]()

    @contextmanager
    def serving(
        self,
        app: "WSGIApplication",
        answers: Choice | None = None,
        threads: int = THREADS,
        peers: Peers | None = None,
        front: Middleware | None = None,
    ) -> Iterator[Target]:
        """Serve any application, with answers changed as `answers` chooses.

        `front`, if given, stands in front of it: the time that a request waits there is part of its response time.
        """
        port = self._port(app)
        app = Faults(app, answers) if answers else app
        app = front(app) if front else app
        with ExitStack() as afterwards, serve(app, threads, peers, port) as target:
            afterwards.callback(self.evidence.saw, target)  # the last notes of the journal follow the answers
            yield target

    def _port(self, app: "WSGIApplication") -> int:
        """Return the port on which the target has to listen; 0 for any free port.

        In exam mode it is the port that the brief names, so that a submission can't tell a grading from real life by
        it. But at that port, a request to the address that Locust was given looks like one to an address that is
        written into the file. So a file that has such an address is first tried at another port.

        Raises:
            Failed: its requests go to the address of the brief, whatever address Locust was given.
        """
        if not is_inside():
            return 0
        if self._is_addressed:
            self._is_addressed = False
            with serve(app) as elsewhere, self._cell() as cell:
                self._lay_out(cell, NO_FILES)
                run = self._alone(cell, elsewhere, TRIED, lambda journal: len(journal) > 10 * TRIED, TRIED_FOR)
            if run.record.strays:
                raise astray(run.record.strays[0])
        return stages.named(self.submission.stage).port

    def swarm(
        self,
        target: Target,
        *,
        users: int,
        done: Callable[[Journal], bool],
        patience: float = PATIENCE,
        files: Files = NO_FILES,
    ) -> Run:
        """Run the submission with `users` users against `target` until `done`, or until `run_alone` ends it.

        `files`, by name, replace those of the submission in its working directory.
        """
        with self._cell() as cell:
            self._lay_out(cell, files)
            return self._alone(cell, target, users, done, patience)

    def _alone(self, cell: Cell, target: Target, users: int, done: Callable[[Journal], bool], patience: float) -> Run:
        return run_alone(
            cell,
            self.submission.locustfile,
            target,
            users=users,
            compression=COMPRESSION,
            done=done,
            spawn_rate=round(users * self.rng.uniform(*SPAWNING), 1),
            patience=min(patience, self._limit),
            limit=self._limit,
        )

    def settings(self, *names: str) -> list[Settings]:
        """Return what the submission's configuration files `names` mean to Locust."""
        with self._cell() as cell:
            self.submission.copy_to(cell.work)
            return read(cell, names)

    @contextmanager
    def distributed(
        self,
        target: Target,
        *,
        users: int,
        compression: float,
        files: Files = NO_FILES,
        away: Files | None = None,
        limit: float = LIMIT,
    ) -> Iterator[Swarm]:
        """Yield a swarm for a target that knows its peers: without a process yet, in a working directory of its own.

        `files`, by name, replace those of the submission there. If `away` is given, each worker has a directory of its
        own with those files, as on another machine.
        """
        furnish = None if away is None else partial(self._lay_out, files=away)
        with self._cell() as cell:
            self._lay_out(cell, files)
            with swarm(cell, target, users=users, compression=compression, furnish=furnish, limit=limit) as started:
                yield started

    def _lay_out(self, cell: Cell, files: Files) -> None:
        self.submission.copy_to(cell.work)
        for name, content in files.items():
            (cell.work / name).write_text(content, encoding="utf-8", newline="")
