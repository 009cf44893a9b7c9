"""The distribution: a master that reads the data file, workers that get its ids from the master, and what befalls them.

Two stories, told side by side by real processes when one of them is first asked for. In one, users stop and others
start, then a worker is killed and another takes its place; in the other, a worker is there before its master. The
master's folder holds a fresh data file, each worker's folder one of the same shape with rows of nobody: that shows who
reads which.
"""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import PurePath
from typing import TypeVar

from checks.judging.complaints import failed_handlers
from checks.judging.holdings import Holdings, Lack, Questions, lacking_questions, lacking_users
from checks.judging.trial import DataFile, Lacks, Row, World
from checks.lab.lab import Lab
from checks.lab.locust.record import Fault, Record
from checks.lab.locust.swarm import Node, Run, Swarm
from checks.lab.target.journal import Journal
from checks.lab.target.peers import Peers
from checks.lab.target.server import Target
from checks.lab.verdict.diagnosis import uncaught

COMPRESSION = 20.0  # a think time of 1 to 3 s takes 50 to 150 ms: some 100 requests/s, so that the cores stay free
LIMIT = 150.0  # seconds for one story
# Users of each worker, while there are as many ids as users. A prime: who takes ten, twenty or a hundred ids for the
# first worker would with four users to a worker leave just the right ones to the second, by chance.
HALF = 7
# Users that go on while the others stop: four of seven stop on each worker, and Locust chooses them in no order. Where
# they don't give their ids back, the next eight get the first eight rows; rarely (some runs in a thousand) just those
# are free by chance.
FEWER = 6
GIVEN_BACK = 3.0  # seconds after a user has stopped: then its id is free again
FREE_AFTER = 10.0  # seconds after the master has missed a worker: then its ids are free again
NOTICE = 20.0  # seconds; with Locust's own heartbeats a master misses a worker after 4 to 8
ALONE = 6.0  # seconds: Locust has called its master a second time by then, which the master will hear later
SAYS_SO = 10.0  # seconds in which a worker has to say that its master is missing
ROOM = 2.0  # seconds more, since the worker reads the file, and a busy machine wakes nobody in time
AT_ONCE = 0.5  # seconds: what is printed before may stand in the file without any condition
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
WITH_DIGITS = re.compile(r"[\w.:-]*\d[\w.:-]*")
LONGEST = 1_000  # characters of a line
OF_A_TRACEBACK = re.compile(r"^(\s|Traceback |\w*(Error|Exception)\b)")


@dataclass(frozen=True)
class Group:
    """A master and its workers after their end: which process did what, by name, and what all of them did together.

    `world` is what the API and the master's data file held, `decoys` are the ids of the workers' data file; `files` are
    the names of these. `logs` are what the processes had printed before they were told to end, `first_words` what
    each had printed before Locust's init event, `ages` for how many seconds each had run.
    """

    world: World
    decoys: frozenset[str]
    files: frozenset[str]
    questions: Questions
    size: int
    runs: Mapping[str, Run]
    logs: Mapping[str, str]
    first_words: Mapping[str, str]
    ages: Mapping[str, float]
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
class Change:
    """Most users stopped, and as many others started: when they were told to, seconds of `time.monotonic`.

    `journal` is what was seen until the others had shown what they do.
    """

    fewer_at: float
    more_at: float
    journal: Journal


@dataclass(frozen=True)
class Loss:
    """Users stopped and others started; a worker was killed, and another one took its place.

    `before` is the journal until users stopped. What comes after it is None where it did not come so far. `victim` did
    not hold the first row: who starts again from the top without looking would look right.
    """

    group: Group
    before: Journal
    change: Change | None = None
    victim: str = ""
    survivor: str = ""
    lost_at: float | None = None  # when the master missed the victim
    heir: str | None = None


@dataclass(frozen=True)
class Said:
    """A line in which a worker says that its master is missing, and how many seconds after its start it first came.

    Lines of one `kind` differ in their numbers alone.
    """

    kind: str
    line: str
    after: float


@dataclass(frozen=True)
class Wait:
    """A worker was started before its master, more users than ids were shared out to it and to a fellow.

    `printed` is what it had printed when its master was still missing, `said` what it said of that, `alone` how long
    that was.
    """

    group: Group
    early: str
    said: tuple[Said, ...]
    printed: str
    alone: float
    gave_up: bool  # it ended before the master came


def says_that_master_is_missing(printed: str) -> dict[str, str]:
    """Return the lines that name the master and say that it is missing, the first of each kind.

    Lines that differ in numbers alone, such as counters and times, are of one kind.
    """
    found: dict[str, str] = {}
    for line in printed.splitlines():
        words = OF_LOCUST.sub("", line[:LONGEST]).strip()
        if MASTER.search(words) and MISSING.search(words) and not OF_A_TRACEBACK.match(line):
            found.setdefault(WITH_DIGITS.sub("#", words), words)
    return found


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
        self._killed: dict[Node, float] = {}

    @property
    def journal(self) -> Journal:
        """All that the target has seen so far."""
        return self.swarm.target.journal

    def start_master(self) -> Node:
        """Start the master, which lets all users begin at once when two workers have come; return when it is there."""
        arguments = ["--master", "-f", self._locustfile]
        self._nodes.append(self.swarm.start_master(arguments, spawn_rate=self.swarm.users, workers=2))
        master = self._nodes[-1]
        self.swarm.until(lambda: len(master.record.users), 1)
        return master

    def start_worker(self) -> Node:
        """Start one more worker."""
        self._nodes.append(self.swarm.start_worker(["--worker", "-f", self._locustfile]))
        return self._nodes[-1]

    def settle(self, size: int, seen: Callable[[], Journal], lacking: Lacks = lacking_users) -> bool:
        """Wait until `size` users have shown what they do, as far as is `seen`; tell whether they lack nothing."""

        def held() -> Holdings:
            return holdings(self.world, self.questions, seen(), size)

        def progress() -> int:
            now = held()
            return SETTLED if now.is_settled(lacking(now)) else len(now.journal)

        if not self.swarm.until(progress, SETTLED):
            self._fell_silent = not self.swarm.out_of_time
        return not any(lacking(held()))

    def users_of(self, node: Node, since: float) -> list[str]:
        """Return the ids that the users of a process hold, as far as they have asked for anything since a moment."""
        users = holdings(self.world, self.questions, node.journal, 0).users
        return [user.holder for user in users if user.things and user.end > since]

    def all_users_of(self, nodes: Sequence[Node], size: int, since: float) -> dict[str, list[str]]:
        """Wait until `size` ids have been asked about since a moment; return which ones each process's users hold."""

        def held() -> dict[str, list[str]]:
            return {node.name: self.users_of(node, since) for node in nodes}

        self.swarm.until(lambda: len(set(chain(*held().values()))), size)
        return held()

    def change_users(self, master: Node, fewer: int) -> Change:
        """Let all users but `fewer` stop; when their ids have to be free, let as many others start."""
        fewer_at = time.monotonic()
        master.go_on_with(fewer)
        self.swarm.until(lambda: int(10 * _silence(self.journal, fewer)), int(10 * GIVEN_BACK))
        more_at = time.monotonic()
        master.go_on_with(self.swarm.users)
        self.settle(self.swarm.users - fewer, lambda: newcomers(self.journal, fewer_at))
        return Change(fewer_at, more_at, self.journal.copy())

    def kill(self, node: Node) -> float | None:
        """Kill a worker; return when its master missed it, None where that was not to be seen."""
        self._killed[node] = time.monotonic()
        self.swarm.kill(node)
        (master, *_), worker = (node for node in self._nodes if node.name == "master"), node.record.worker
        self.swarm.until(lambda: sum(loss.worker == worker for loss in master.record.losses), 1, patience=NOTICE)
        return next((loss.time for loss in master.record.losses if loss.worker == worker), None)

    def listen(self, node: Node) -> tuple[Said, ...]:
        """Wait until a worker has said that its master is missing, and return in which words, and when.

        What it prints at once may stand there for everybody: then it has as long as it may take to say more.
        """
        said: dict[str, Said] = {}
        began = math.inf

        def heard() -> int:
            nonlocal began
            now = time.monotonic()
            began = min(began, now) if node.has_started else began
            for kind, line in says_that_master_is_missing(node.log).items():
                said.setdefault(kind, Said(kind, line, max(0.0, now - began)))
            return sum(each.after > AT_ONCE for each in said.values())

        if not self.swarm.until(heard, 1, patience=SAYS_SO + ROOM):
            heard()  # its last words, where it has ended
        return tuple(said.values())

    def pass_time(self, since: float, seconds: float) -> None:
        """Wait until `seconds` have passed since a moment, or a process ends."""
        self.swarm.until(lambda: int(time.monotonic() - since), math.ceil(seconds))

    def end(self) -> Group:
        """End all processes and return what they did."""
        logs = {node.name: node.log for node in self._nodes}
        ages = {node.name: self._killed.get(node, time.monotonic()) - node.started for node in self._nodes}
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
            logs=logs,
            ages=ages,
            first_words={name: _cut(log, runs[name].record.printed) for name, log in logs.items()},
            whole=Run(
                users=self.swarm.users,
                journal=self.journal.copy(),
                record=Record(errors=tuple(fault for name, run in runs.items() for fault in _errors(run, logs[name]))),
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


def newcomers(journal: Journal, since: float) -> Journal:
    """Return the requests of those users who sent their first one after a moment."""
    own = Journal()
    for requests in journal.visits().values():
        for request in requests if requests[0].start > since else ():
            own.add(request)
    return own


def _cut(log: str, size: int) -> str:
    """Return the first bytes of a log."""
    return log.encode()[:size].decode(errors="replace")


def _silence(journal: Journal, going_on: int) -> float:
    """Return for how many seconds all users have been silent but the `going_on` ones who sent something last."""
    last: dict[str, float] = {}
    for request in journal:
        last[request.visitor] = max(request.end, last.get(request.visitor, 0.0))
    others = sorted(last.values(), reverse=True)[going_on:]
    return time.monotonic() - others[0] if others else 0.0


def _lacking(held: Holdings) -> Iterator[Lack]:
    yield from lacking_users(held)
    yield from lacking_questions(held, things=1, details=1)


def _errors(run: Run, log: str) -> tuple[Fault, ...]:
    """Return what went wrong in a process; a greenlet that is ended from outside stands at an innocent line."""
    found = (*run.record.errors, *failed_handlers(log), *uncaught(log))
    return tuple(fault for fault in found if "GreenletExit" not in fault.error)


class Distribution:
    """One submission's two stories; `serve` gives the API with a world in it, for peers that it learns to know."""

    def __init__(
        self,
        lab: Lab,
        questions: Questions,
        data: DataFile,
        serve: Callable[[Lab, World, Peers], AbstractContextManager[Target]],
    ) -> None:
        self._lab, self._questions, self._data, self._serve = lab, questions, data, serve
        self._swarms: list[Swarm] = []
        lab.evidence.holder = questions.asked_holder

    @cached_property
    def loss(self) -> Loss:
        """As many users as ids on two workers: users stop and start, a worker is killed and another one is started."""
        loss, lab = self._stories[0]
        self._lab.evidence.add(lab.evidence)
        return loss

    @cached_property
    def wait(self) -> Wait:
        """A worker alone, then its master and a fellow; the two have more users than there are ids."""
        wait, lab = self._stories[1]
        self._lab.evidence.add(lab.evidence)
        return wait

    @cached_property
    def _stories(self) -> tuple[tuple[Loss, Lab], tuple[Wait, Lab]]:
        """Both stories with the labs in which they were told, side by side: most of the time they wait."""
        here, there = self._lab.beside(), self._lab.beside()
        with ThreadPoolExecutor(2) as both:
            loss, wait = (
                both.submit(_told, self._lose_a_worker, here),
                both.submit(_told, self._keep_a_worker_waiting, there),
            )
            try:
                return (loss.result(), here), (wait.result(), there)
            except BaseException:
                for swarm in self._swarms:
                    swarm.give_up()
                raise

    def _lose_a_worker(self, lab: Lab) -> Loss:
        size = 2 * HALF  # an even number: nobody is moved when a worker comes in place of another one
        with self._cast(lab, rows=size, users=size) as cast:
            master = cast.start_master()
            pair = [cast.start_worker(), cast.start_worker()]
            is_steady = cast.settle(size, lambda: cast.journal, _lacking)
            before = cast.journal.copy()
            if not is_steady:
                return Loss(cast.end(), before)
            change = cast.change_users(master, FEWER)
            held = cast.all_users_of(pair, size, change.more_at)
            if len(set(chain(*held.values()))) < size:
                return Loss(cast.end(), before, change)
            first = str(cast.world.rows[0].id)
            victim, survivor = sorted(pair, key=lambda node: first in held[node.name])
            lost_at = cast.kill(victim)
            if lost_at is None:
                return Loss(cast.end(), before, change, victim.name, survivor.name)
            cast.pass_time(lost_at, FREE_AFTER)
            heir = cast.start_worker()
            cast.settle(size // 2, lambda: heir.journal)
            return Loss(cast.end(), before, change, victim.name, survivor.name, lost_at, heir.name)

    def _keep_a_worker_waiting(self, lab: Lab) -> Wait:
        half = lab.rng.randint(5, 7)
        rows = half + 2 - half % 2  # even again; one worker alone can't use them all up, and leave its fellow nothing
        with self._cast(lab, rows=rows, users=2 * half) as cast:
            early = cast.start_worker()
            said = cast.listen(early)
            cast.pass_time(early.started, ALONE)
            printed, alone, gave_up = early.log, time.monotonic() - early.started, early.process.poll() is not None
            if not gave_up:
                cast.start_master()
                cast.start_worker()
                cast.settle(2 * half, lambda: cast.journal)
            return Wait(cast.end(), early.name, said, printed, alone, gave_up)

    @contextmanager
    def _cast(self, lab: Lab, rows: int, users: int) -> Iterator[Cast]:
        """Give the processes of a story, none of them started, in a world of their own."""
        rng, submission = lab.rng, lab.submission
        world = World.drawn(rng, rows, users, self._data.names)
        others = sorted(set(range(10, 10_000)) - world.things.keys())
        decoys = [Row(id, rng.choice(self._data.names)) for id in rng.sample(others, rows)]
        files, away = (each.files(submission, self._data) for each in (world, replace(world, rows=decoys)))
        with (
            self._serve(lab, world, Peers()) as target,
            lab.distributed(target, users=users, compression=COMPRESSION, files=files, away=away, limit=LIMIT) as swarm,
        ):
            self._swarms.append(swarm)
            ids = frozenset(str(row.id) for row in decoys)
            names = frozenset(PurePath(name).name for name in files)
            yield Cast(swarm, submission.locustfile, self._questions, world, ids, names)


Story = TypeVar("Story", Loss, Wait)


def _told(tell: Callable[[Lab], Story], lab: Lab) -> Story:
    """Return a story in which the machine played its part.

    A machine that stops for seconds makes a master miss a worker that is alive. A submission whose master can't hear
    its workers makes it so each time.
    """
    story = tell(lab)
    return tell(lab) if story.group.was_disturbed else story
