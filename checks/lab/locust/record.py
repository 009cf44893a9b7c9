"""The record: what `entry.py` wrote down inside the Locust process, read back with types."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.lab.untrusted import fit, lines, parsed

# A submission can write into its record, too, so these bound what reading it costs the grader.
MOST_BYTES = 16 * 1024**2
LONGEST_LINE = 4 * 1024**2
MOST_JUNK = 2_000  # lines; refusing one may take a millisecond
BEGINNING = 64 * 1024


@dataclass(frozen=True)
class ThinkTime:
    """A think time: its visitor, its start (seconds of `time.monotonic`), the seconds asked for, the seconds slept."""

    visitor: str
    start: float
    asked: float
    actual: float


@dataclass(frozen=True)
class UserClass:
    """A user class that the submission declares, and the host that it is written for."""

    name: str
    host: str | None
    fixed_count: int = 0


@dataclass(frozen=True)
class Counted:
    """A request as Locust counts it; `request` is the target's number for it, `failure` is None for a success.

    `name` is its row in the statistics; `said` is what the submission said about the answer, in order: "with",
    "failure", "success".
    """

    request: int
    milliseconds: float
    failure: str | None
    said: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Fault:
    """Something of note, and its place in the submission; `file` is empty if no line of the submission took part."""

    file: str
    line: int
    error: str = ""
    url: str = ""
    path: str = ""
    missing_module: str | None = None

    @property
    def place(self) -> str:
        """The place as a sentence begins with it."""
        return f"{self.file}, line {self.line}: " if self.file else ""


@dataclass(frozen=True)
class WorkerReport:
    """What a worker's report added to the master's figures, and when it came (seconds of `time.monotonic`)."""

    worker: str
    time: float
    requests: int


@dataclass(frozen=True)
class MissedWorker:
    """A worker whose heartbeats the master misses, and since when."""

    worker: str
    time: float


@dataclass(frozen=True)
class StatsRow:
    """A row of Locust's statistics."""

    method: str
    name: str
    requests: int
    failures: int


@dataclass(frozen=True)
class Failure:
    """A row of Locust's failure table: the same failure `count` times."""

    method: str
    name: str
    message: str
    count: int


@dataclass(frozen=True)
class Figures:
    """Locust's own figures at the end of a run."""

    exit_code: int
    rows: tuple[StatsRow, ...]
    failures: tuple[Failure, ...]

    @property
    def requests(self) -> int:
        """The number of requests that Locust counted."""
        return sum(row.requests for row in self.rows)


@dataclass(frozen=True)
class Record:
    """Everything that a Locust process wrote about itself; `figures` and `crash` are None if it wrote none.

    `strays` went to another address, `lost` got no answer; `late` are verdicts on answers whose with block had ended;
    `constants` are the numbers with names in capitals.
    """

    users: tuple[UserClass, ...] = ()
    shape: str = ""
    waits: tuple[ThinkTime, ...] = ()
    counted: tuple[Counted, ...] = ()
    errors: tuple[Fault, ...] = ()
    strays: tuple[Fault, ...] = ()
    lost: tuple[Fault, ...] = ()
    late: tuple[Fault, ...] = ()
    opened: tuple[Fault, ...] = ()  # data files in the submission's folder
    constants: dict[str, float] = field(default_factory=dict)
    crash: Fault | None = None
    figures: Figures | None = None
    worker: str = ""  # the name by which a worker's master knows it
    printed: int = 0  # bytes that the process had printed when Locust's init event came
    reports: tuple[WorkerReport, ...] = ()
    losses: tuple[MissedWorker, ...] = ()
    stopped_untold: bool = False  # the test began to stop before the grader had asked for it
    began: float = math.inf  # when the process began to read the submission; infinite if it never did
    declared: float = math.inf  # when it had finished reading it

    @classmethod
    def read(cls, path: Path) -> "Record":
        """Return the record at `path`; lines that are cut off or not the entry's own are left out."""
        told: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        junk = 0
        for line in lines(path, MOST_BYTES, LONGEST_LINE):
            facts = parsed(line)
            kind = str(facts.pop("kind", ""))
            one = fit(KINDS[kind], facts) if kind in KINDS else None
            if one is not None:
                told[kind].append(one)
            elif (junk := junk + 1) > MOST_JUNK:
                break
        declared = told["declared"][0] if told["declared"] else Declared()
        return cls(
            began=_earliest(told["began"]),
            declared=declared.time,
            users=tuple(user for each in told["declared"] for user in each.users),
            waits=tuple(told["wait"]),
            shape=declared.shape,
            counted=tuple(told["counted"]),
            errors=tuple(told["error"]),
            strays=tuple(told["stray"]),
            lost=tuple(told["lost"]),
            late=tuple(told["late"]),
            opened=tuple(told["opened"]),
            constants=declared.constants,
            crash=next(iter(told["crash"]), None),
            figures=next(iter(told["figures"]), None),
            worker=declared.worker,
            printed=declared.printed,
            reports=tuple(told["report"]),
            losses=tuple(told["loss"]),
            stopped_untold=_earliest(told["stopping"]) < _earliest(told["told"]),
        )


def _earliest(moments: "list[Moment]") -> float:
    return min((moment.time for moment in moments), default=math.inf)


def began(path: Path) -> bool:
    """Tell whether the process got as far as reading the submission."""
    return path.exists() and path.stat().st_size > 0


def last_change(path: Path) -> int | None:
    """Return the time, in nanoseconds, when a file last changed, even if it was cut since; None if there is no file.

    It is the time of the last change of status, since a process can set the time of the last writing as it likes.
    """
    return path.stat().st_ctime_ns if path.exists() else None


def has_declared(path: Path) -> bool:
    """Tell whether Locust has read the submission's file; a long record shows that it has."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
    return b'"declared"' in beginning or len(beginning) == BEGINNING


@dataclass(frozen=True)
class Declared:
    """What the submission declares."""

    shape: str = ""
    users: tuple[UserClass, ...] = ()
    constants: dict[str, float] = field(default_factory=dict)
    worker: str = ""
    time: float = math.inf
    printed: int = 0


@dataclass(frozen=True)
class Moment:
    """When something has happened, in seconds of `time.monotonic`."""

    time: float = math.inf


KINDS: dict[str, type[Any]] = {
    "began": Moment,
    "stopping": Moment,
    "told": Moment,
    "declared": Declared,
    "wait": ThinkTime,
    "counted": Counted,
    "error": Fault,
    "stray": Fault,
    "lost": Fault,
    "late": Fault,
    "opened": Fault,
    "crash": Fault,
    "report": WorkerReport,
    "loss": MissedWorker,
    "figures": Figures,
}
