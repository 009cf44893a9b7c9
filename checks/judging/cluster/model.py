"""The model: what a master and its workers did in a scenario, for how long each step lasts, and what was seen of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from checks.judging.cluster.announcements import Announcement
from checks.judging.data.dataset import Dataset, observation
from checks.judging.data.model import Observation, Questions, User
from checks.lab.locust.run import Run
from checks.lab.target.journal import Journal

# Users that go on while the others stop: four of seven stop on each worker, and Locust chooses them in no order. Where
# they don't give their ids back, the next eight get the first eight rows; rarely (some runs in a thousand) just those
# are free by chance.
FEWER = 6
GIVEN_BACK = 3.0  # seconds after a user has stopped: then its id is free again
FREE_AFTER = 10.0  # seconds after the master has missed a worker: then its ids are free again
NOTICE = 20.0  # seconds; with Locust's own heartbeats a master misses a worker after 4 to 8
ALONE = 6.0  # seconds: by then Locust has called its master a second time, which the master will hear later
SAYS_SO = 10.0  # seconds in which a worker has to say that its master is missing
ROOM = 2.0  # seconds more, since the worker reads the file, and a busy machine wakes nobody in time


@dataclass(frozen=True)
class ClusterRun:
    """A master and its workers after their end: what each process did, by name, and what all of them did together.

    `world` is what the API and the master's data file held, `decoys` are the ids of the workers' data file; `files` are
    the names of these. `logs` are what the processes had printed before they were told to end, `first_words` what
    each had printed before Locust's init event, `ages` for how many seconds each had run.
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
        """What all did together, with the time that the slowest process took to import Locust."""
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
    """Most users stopped, and as many others started: when they were told to, seconds of `time.monotonic`.

    `journal` is what was seen until the others had shown what they do.
    """

    fewer_at: float
    more_at: float
    journal: Journal


@dataclass(frozen=True)
class Failover:
    """Users stopped and others started; a worker was killed, and another one took its place.

    `before` is the journal until users stopped. What comes after it is None where the run did not get so far. `victim`
    did not hold the first row, since a master that starts again from the top without looking would look right then.
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

    `printed` is what it had printed when its master was still missing, `said` what it said of that, `alone` how long
    that was.
    """

    group: ClusterRun
    early: str
    said: tuple[Announcement, ...]
    printed: str
    alone: float
    gave_up: bool  # it ended before the master came


def newcomers(journal: Journal, since: float) -> Journal:
    """Return the requests of those users who sent their first one after a moment."""
    own = Journal()
    for requests in journal.visits().values():
        for request in requests if requests[0].start > since else ():
            own.add(request)
    return own
