"""The model: what a master and its workers did in a scenario, how long each step lasts, and what the target saw."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from checks.judging.cluster.announcements import Announcement
from checks.judging.data.dataset import Dataset, observation
from checks.judging.data.model import Observation, Questions, User
from checks.lab.locust.run import Run
from checks.lab.target.journal import Journal

# Users that go on while the others stop: four of seven stop on each worker, and Locust picks them in no fixed order. If
# they don't give their ids back, the next eight users get the first eight rows, and only in a few runs of a thousand
# are exactly these eight rows free by chance.
FEWER = 6
GIVEN_BACK = 3.0  # seconds after a user has stopped, its id is free again
FREE_AFTER = 10.0  # seconds after the master has missed a worker, the worker's ids are free again
NOTICE = 20.0  # seconds; with Locust's own heartbeats a master misses a worker after 4 to 8
ALONE = 6.0  # seconds: by then the worker has called its master a second time, and the master gets that call later
SAYS_SO = 10.0  # seconds in which a worker has to say that its master is missing
ROOM = 2.0  # seconds more, since the worker has to read the file, and a busy machine wakes processes late


@dataclass(frozen=True)
class ClusterRun:
    """A master and its workers after their end: what each process did, by name, and what they all did together.

    `world` is what the API and the master's data file held, `decoys` are the ids of the workers' data file; `files` are
    the names of the data files. `logs` is what each process had printed before it was told to end, `first_words` what
    it had printed before Locust's init event, and `ages` for how many seconds it had run.
    """

    world: Dataset
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

    @property
    def together(self) -> Run:
        """What all processes did together, with the time that the slowest one took to import Locust."""
        times = [run.importing for run in self.runs.values() if run.importing < math.inf]
        return replace(self.whole, importing=max(times, default=math.inf))

    def observed(self, journal: Journal, size: int) -> Observation:
        """Return what this part of the journal shows of `size` users."""
        return observation(self.world, self.questions, journal, size)

    def users_of(self, name: str, since: float = 0.0) -> list[User]:
        """Return the users of a process that have asked for things, and have sent a request after a moment."""
        users = self.observed(self.runs[name].journal, 0).users
        return [user for user in users if user.things and user.end > since]


@dataclass(frozen=True)
class Turnover:
    """Most users stopped, and as many others started. The times are when they were told to, by `time.monotonic`.

    `journal` is what the target saw until the others had shown what they do.
    """

    fewer_at: float
    more_at: float
    journal: Journal


@dataclass(frozen=True)
class Failover:
    """Users stopped and others started; a worker was killed, and another one took its place.

    `before` is the journal until users stopped. The later fields are None if the run did not get so far. `victim` is
    never the worker that holds the first row: a master that blindly starts again from the top would look right then.
    """

    group: ClusterRun
    before: Journal
    change: Turnover | None = None
    victim: str = ""
    survivor: str = ""
    lost_at: float | None = None  # when the master missed the victim
    heir: str | None = None  # the worker that took the victim's place


@dataclass(frozen=True)
class LateMaster:
    """A worker was started before its master; later it and a second worker ran more users than there are ids.

    `printed` is what the worker had printed while its master was missing, `said` what it said about that, and `alone`
    for how many seconds the master was missing.
    """

    group: ClusterRun
    early: str
    said: tuple[Announcement, ...]
    printed: str
    alone: float
    gave_up: bool  # it ended before the master came


def newcomers(journal: Journal, since: float) -> Journal:
    """Return the requests of the users that sent their first one after a moment."""
    own = Journal()
    for requests in journal.visits().values():
        for request in requests if requests[0].start > since else ():
            own.add(request)
    return own
