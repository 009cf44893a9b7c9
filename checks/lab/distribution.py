"""The distribution: a master that reads the data file, workers that get its ids from the master, and what befalls them.

Two stories, each told by real processes when it is first asked for: a worker is killed and another takes its place; a
worker is there before its master. The master's folder holds a fresh data file, the workers' folder one of the same
shape with rows of nobody, so that it shows who reads which.
"""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import PurePath
from typing import TypeVar

from checks.lab.bench import Lab
from checks.lab.diagnosis import uncaught
from checks.lab.holdings import Holdings, Lack, Questions, lacking_questions, lacking_users
from checks.lab.journal import Journal
from checks.lab.peers import Peers
from checks.lab.record import Fault, Record
from checks.lab.swarm import Node, Run, Swarm
from checks.lab.target import Target
from checks.lab.trial import DataFile, Lacks, Row, World

COMPRESSION = 20.0  # a think time of 1 to 3 s takes 50 to 150 ms: some 100 requests/s, so that the cores stay free
LIMIT = 150.0  # seconds for one story
# Users of each worker, while there are as many ids as users. A prime: who takes ten, twenty or a hundred ids for the
# first worker would with four users to a worker leave just the right ones to the second, by chance.
HALF = 7
FREE_AFTER = 10.0  # seconds after the master has missed a worker: then its ids are free again
ALONE = 6.0  # seconds: Locust has called its master a second time by then, which the master will hear later
SAYS_SO = 20.0  # seconds in which a worker may come to say that its master is missing; Locust itself does after 30
SETTLED = 10**9
# What a waiting worker says, in any honest words: it names the master or its address, and what is the matter with it.
MASTER = re.compile(r"master|coordinator|leader|127\.0\.0\.1|localhost|:\d{4,5}\b", re.IGNORECASE)
MISSING = re.compile(
    r"wait|try|retries|\bno\b|not\b|n't\b|cannot|unable|fail|lost|miss|absent|without|unreach|unavail|refus|offline|"
    r"disconnect|time[ds]? ?-?out|until|yet|gone|down|dead|look|search|again|connecting|stand(ing)? ?by|pending|"
    r"\bstart(?!ed|s)|\?|warte|kein",
    re.IGNORECASE,
)
OF_LOCUST = re.compile(r"^\[[^]]*\] \S+: ")  # time, host, level and logger
OF_A_TRACEBACK = re.compile(r"^(\s|Traceback |\w*(Error|Exception)\b)")


@dataclass(frozen=True)
class Group:
    """A master and its workers after their end: which process did what, by name, and what all of them did together.

    `world` is what the API and the master's data file held, `decoys` are the ids of the workers' data file; `files` are
    the names of these.
    """

    world: World
    decoys: frozenset[str]
    files: frozenset[str]
    questions: Questions
    size: int
    runs: Mapping[str, Run]
    whole: Run
    ended_early: tuple[str, ...]
    was_disturbed: bool  # the master missed a worker that was alive

    @property
    def master(self) -> Run:
        """The process that gives out the ids."""
        return self.runs["master"]

    @property
    def workers(self) -> dict[str, Run]:
        """The processes that run users."""
        return {name: run for name, run in self.runs.items() if name != "master"}

    @property
    def rows(self) -> list[str]:
        """The ids of the master's data file, in its order."""
        return [str(row.id) for row in self.world.rows]

    def held(self, journal: Journal, size: int) -> Holdings:
        """Return what `size` users held, as far as this part of the journal tells."""
        return holdings(self.world, self.questions, journal, size)


@dataclass(frozen=True)
class Loss:
    """A worker was killed, and another one took its place; the last two are None where it did not come so far.

    `before` is the journal until the kill. `victim` did not hold the first row: who starts again from the top without
    looking would look right.
    """

    group: Group
    before: Journal
    victim: str
    survivor: str
    lost_at: float | None = None  # when the master missed the victim
    heir: str | None = None


@dataclass(frozen=True)
class Wait:
    """A worker was started before its master, more users than ids were shared out to it and to a fellow.

    `printed` is what it had printed when its master was still missing, `alone` how long that was.
    """

    group: Group
    early: str
    printed: str
    alone: float
    gave_up: bool  # it ended before the master came

    @property
    def said(self) -> str:
        """The line in which it says that the master is missing; empty where there is none."""
        return says_that_master_is_missing(self.printed)


def says_that_master_is_missing(printed: str) -> str:
    """Return the first line that names the master and says that it is missing; empty where there is none."""
    for line in printed.splitlines():
        words = OF_LOCUST.sub("", line)
        if MASTER.search(words) and MISSING.search(words) and not OF_A_TRACEBACK.match(words):
            return words.strip()
    return ""


def holdings(world: World, questions: Questions, journal: Journal, size: int) -> Holdings:
    """Return what `size` users of a world held, as the journal tells."""
    return Holdings(
        journal=journal,
        questions=questions,
        size=size,
        rows=[str(row.id) for row in world.rows],
        things={str(holder): frozenset(map(str, things)) for holder, things in world.things.items()},
    )


class Cast:
    """The processes of one story while it is told."""

    def __init__(
        self,
        swarm: Swarm,
        locustfile: str,
        questions: Questions,
        world: World,
        decoys: frozenset[str],
        files: frozenset[str],
    ) -> None:
        self.swarm, self.world, self.questions = swarm, world, questions
        self._locustfile, self._decoys, self._files = locustfile, decoys, files
        self._nodes: list[Node] = []
        self._fell_silent = False
        self._killed: list[Node] = []

    def start_master(self) -> Node:
        """Start the master, which lets all users begin at once when two workers have come."""
        arguments = ["--master", "-f", self._locustfile]
        self._nodes.append(self.swarm.start_master(arguments, spawn_rate=self.swarm.users, workers=2))
        return self._nodes[-1]

    def start_worker(self) -> Node:
        """Start one more worker."""
        self._nodes.append(self.swarm.start_worker(["--worker", "-f", self._locustfile]))
        return self._nodes[-1]

    def settle(self, size: int, node: Node | None = None, lacking: Lacks = lacking_users) -> bool:
        """Wait until `size` users, of `node` or of all, have shown what they do; tell whether they lack nothing."""

        def held() -> Holdings:
            return holdings(self.world, self.questions, node.journal if node else self.swarm.target.journal, size)

        def progress() -> int:
            now = held()
            return SETTLED if now.is_settled(lacking(now)) else len(now.journal)

        if not self.swarm.until(progress, SETTLED):
            self._fell_silent = not self.swarm.out_of_time
        return not any(lacking(held()))

    def users_of(self, node: Node) -> list[str]:
        """Return the ids that the users of a process hold, so far."""
        return [user.holder for user in holdings(self.world, self.questions, node.journal, 0).users if user.things]

    def kill(self, node: Node) -> float | None:
        """Kill a worker; return when its master missed it, None where that was not to be seen."""
        self._killed.append(node)
        self.swarm.kill(node)
        (master, *_), worker = (node for node in self._nodes if node.name == "master"), node.record.worker
        self.swarm.until(lambda: sum(loss.worker == worker for loss in master.record.losses), 1)
        return next((loss.time for loss in master.record.losses if loss.worker == worker), None)

    def pass_time(self, since: float, seconds: float) -> None:
        """Wait until `seconds` have passed since a moment, or a process ends."""
        self.swarm.until(lambda: int(time.monotonic() - since), math.ceil(seconds))

    def end(self) -> Group:
        """End all processes and return what they did."""
        self.swarm.end()
        runs = {node.name: node.run() for node in self._nodes}
        ended_early = tuple(node.name for node in self._nodes if node.ended_early)
        killed = {node.record.worker for node in self._killed}
        losses = [loss for run in runs.values() for loss in run.record.losses]
        return Group(
            world=self.world,
            decoys=self._decoys,
            files=self._files,
            questions=self.questions,
            size=self.swarm.users,
            runs=runs,
            whole=Run(
                users=self.swarm.users,
                journal=self.swarm.target.journal.copy(),
                record=Record(errors=tuple(fault for run in runs.values() for fault in _errors(run))),
                log="",
                exit_code=0,
                seconds=max(run.seconds for run in runs.values()),
                out_of_time=self.swarm.out_of_time,
                fell_silent=self._fell_silent,
                ended_by_itself=bool(ended_early),
            ),
            ended_early=ended_early,
            was_disturbed=any(loss.worker not in killed for loss in losses),
        )


def _lacking(held: Holdings) -> Iterator[Lack]:
    yield from lacking_users(held)
    yield from lacking_questions(held, things=1, details=1)


def _errors(run: Run) -> tuple[Fault, ...]:
    return (*run.record.errors, *uncaught(run.log))


Story = TypeVar("Story", Loss, Wait)


class Distribution:
    """One submission's two stories; `serve` gives the API with a world in it, for peers that it learns to know."""

    def __init__(
        self,
        lab: Lab,
        questions: Questions,
        data: DataFile,
        serve: Callable[[World, Peers], AbstractContextManager[Target]],
    ) -> None:
        self._lab, self._questions, self._data, self._serve = lab, questions, data, serve
        lab.evidence.holder = questions.asked_holder

    @cached_property
    def loss(self) -> Loss:
        """As many users as ids on two workers. One is killed; when its ids have to be free, another one is started."""
        return _told(self._lose_a_worker)

    @cached_property
    def wait(self) -> Wait:
        """A worker alone, then its master and a fellow; the two have more users than there are ids."""
        return _told(self._keep_a_worker_waiting)

    def _lose_a_worker(self) -> Loss:
        size = 2 * HALF  # an even number: nobody is moved when a worker comes in place of another one
        with self._cast(rows=size, users=size) as cast:
            cast.start_master()
            pair = [cast.start_worker(), cast.start_worker()]
            is_steady = cast.settle(size, lacking=_lacking)
            before, first = cast.swarm.target.journal.copy(), str(cast.world.rows[0].id)
            held = {node.name: cast.users_of(node) for node in pair}
            victim, survivor = sorted(pair, key=lambda node: first in held[node.name])
            lost_at = heir = None
            if is_steady and len(set(chain(*held.values()))) == size:
                lost_at = cast.kill(victim)
            if lost_at is not None:
                cast.pass_time(lost_at, FREE_AFTER)
                heir = cast.start_worker()
                cast.settle(size // 2, heir)
            group = cast.end()
        return Loss(group, before, victim.name, survivor.name, lost_at, heir.name if heir else None)

    def _keep_a_worker_waiting(self) -> Wait:
        half = self._lab.rng.randint(5, 7)
        rows = half + 2 - half % 2  # even again; one worker alone can't use them all up, and leave its fellow nothing
        with self._cast(rows=rows, users=2 * half) as cast:
            early = cast.start_worker()
            cast.swarm.until(lambda: bool(says_that_master_is_missing(early.log)), 1, patience=SAYS_SO)
            cast.pass_time(early.started, ALONE)
            printed, alone, gave_up = early.log, time.monotonic() - early.started, early.process.poll() is not None
            if not gave_up:
                cast.start_master()
                cast.start_worker()
                cast.settle(2 * half)
            group = cast.end()
        return Wait(group, early.name, printed, alone, gave_up)

    @contextmanager
    def _cast(self, rows: int, users: int) -> Iterator[Cast]:
        """Give the processes of a story, none of them started, in a world of their own."""
        rng, submission = self._lab.rng, self._lab.submission
        world = World.drawn(rng, rows, users, self._data.names)
        others = sorted(set(range(10, 10_000)) - world.things.keys())
        decoys = [Row(id, rng.choice(self._data.names)) for id in rng.sample(others, rows)]
        files, away = (each.files(submission, self._data) for each in (world, replace(world, rows=decoys)))
        with (
            self._serve(world, Peers()) as target,
            self._lab.distributed(
                target, users=users, compression=COMPRESSION, files=files, away=away, limit=LIMIT
            ) as swarm,
        ):
            ids = frozenset(str(row.id) for row in decoys)
            names = frozenset(PurePath(name).name for name in files)
            yield Cast(swarm, submission.locustfile, self._questions, world, ids, names)


def _told(tell: Callable[[], Story]) -> Story:
    """Return a story in which the machine played its part.

    A machine that stops for seconds makes a master miss a worker that is alive. A submission whose master can't hear
    its workers makes it so each time.
    """
    story = tell()
    return tell() if story.group.was_disturbed else story
