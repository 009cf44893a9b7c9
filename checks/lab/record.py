"""The record: what `entry.py` wrote down inside the Locust process, read back with types."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Wait:
    """A think time: who began it when (seconds of `time.monotonic`), the seconds asked for and the seconds slept."""

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

    `said` is what the submission said of the answer, in order: "with", "failure", "success".
    """

    request: int
    milliseconds: float
    failure: str | None
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """Something that went wrong, and where in the submission; `file` is empty where no line of it took part."""

    file: str
    line: int
    error: str = ""
    url: str = ""
    missing_module: str | None = None

    @property
    def place(self) -> str:
        """The place as a sentence begins with it."""
        return f"{self.file}, line {self.line}: " if self.file else ""


@dataclass(frozen=True)
class Report:
    """What a worker's report added to the master's figures, and when it came (seconds of `time.monotonic`)."""

    worker: str
    time: float
    requests: int


@dataclass(frozen=True)
class Loss:
    """A worker whose heartbeats the master misses, and since when."""

    worker: str
    time: float


@dataclass(frozen=True)
class Row:
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
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]

    @property
    def requests(self) -> int:
        """The number of requests that Locust counted."""
        return sum(row.requests for row in self.rows)


@dataclass(frozen=True)
class Record:
    """All that a Locust process said of itself; `figures` and `crash` are None where it said nothing of the kind.

    `strays` went to another address, `lost` got no answer; `constants` are the numbers with names in capitals.
    """

    users: tuple[UserClass, ...] = ()
    shape: str = ""
    waits: tuple[Wait, ...] = ()
    counted: tuple[Counted, ...] = ()
    errors: tuple[Fault, ...] = ()
    strays: tuple[Fault, ...] = ()
    lost: tuple[Fault, ...] = ()
    constants: dict[str, float] = field(default_factory=dict)
    crash: Fault | None = None
    figures: Figures | None = None
    worker: str = ""  # the name by which a worker's master knows it
    reports: tuple[Report, ...] = ()
    losses: tuple[Loss, ...] = ()
    began: bool = False  # the process came as far as reading the submission

    @classmethod
    def read(cls, path: Path) -> "Record":
        """Return the record at `path`; lines that are cut off or not the entry's own are left out."""
        kinds: dict[str, list[dict[str, Any]]] = {}
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else ():
            try:
                facts = json.loads(line)
                kinds.setdefault(facts.pop("kind"), []).append(facts)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        declared, crashes, figures = (kinds.get(kind, []) for kind in ("declared", "crash", "figures"))
        return cls(
            began=path.exists(),
            users=tuple(UserClass(**user) for facts in declared for user in facts["users"]),
            waits=tuple(Wait(**facts) for facts in kinds.get("wait", [])),
            shape=declared[0]["shape"] if declared else "",
            counted=tuple(Counted(**{**facts, "said": tuple(facts["said"])}) for facts in kinds.get("counted", [])),
            errors=tuple(Fault(**facts) for facts in kinds.get("error", [])),
            strays=tuple(Fault(**facts) for facts in kinds.get("stray", [])),
            lost=tuple(Fault(**facts) for facts in kinds.get("lost", [])),
            constants=declared[0]["constants"] if declared else {},
            crash=Fault(**crashes[0]) if crashes else None,
            figures=_figures(figures[0]) if figures else None,
            worker=declared[0]["worker"] if declared else "",
            reports=tuple(Report(**facts) for facts in kinds.get("report", [])),
            losses=tuple(Loss(**facts) for facts in kinds.get("loss", [])),
        )


def _figures(facts: dict[str, Any]) -> Figures:
    return Figures(
        exit_code=facts["exit_code"],
        rows=tuple(Row(**row) for row in facts["rows"]),
        failures=tuple(Failure(**failure) for failure in facts["failures"]),
    )
