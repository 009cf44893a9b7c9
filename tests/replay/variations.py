"""Variations: recorded runs with one thing changed, and the verdict that they have to get.

They are for situations that no submission can cause reliably: a value just beside a tolerance, a machine that stands
still, a signal from outside. Each is a run of a right submission as the target has really seen it, except for the one
thing that the variation's docstring names. `tests/replay/varied/` has them, a module for each stage; the runs
from which they are made lie in `tests/replay/bases/`, and `python -m tests.replay bases` records them again.
"""

import copy
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from checks.lab.lab import COMPRESSION
from tests.corpus import FOLDER, Entry
from tests.replay.grading import Case, Judged, opened
from tests.replay.recording import Recording

BASES = Path(__file__).with_name("bases")
VARIED = Path(__file__).with_name("varied")
Facts = dict[str, Any]


class Evidence:
    """A recording as plain values that a variation changes, with the names of the grader's dataclasses."""

    def __init__(self, recording: Recording) -> None:
        self.fixtures: Facts = copy.deepcopy(recording.fixtures)
        self.requests: list[Any] = copy.deepcopy(recording.requests)
        self.files: dict[str, str] = {}  # by name; they replace those of the submission

    def made(self, fixture: str) -> Any:
        """Return the value of a fixture."""
        return self.fixtures[fixture]["value"]

    def part(self, fixture: str, name: str) -> Any:
        """Return a run of a fixture that makes its runs lazily."""
        return self.fixtures[fixture]["parts"][name]

    def state(self, fixture: str, name: str) -> Any:
        """Return what checks read, after its run, from an object that took part in it."""
        return self.fixtures[fixture]["states"][name]

    def of(self, journal: list[int]) -> list[Facts]:
        """Return the requests of a journal that have not been dropped."""
        return [self.requests[number] for number in journal if self.requests[number]]

    def visits(self, journal: list[int]) -> list[list[Facts]]:
        """Return the requests of each visitor, in the order in which they were sent."""
        by_visitor: dict[str, list[Facts]] = {}
        for request in sorted(self.of(journal), key=lambda one: one["start"]):
            by_visitor.setdefault(request["visitor"], []).append(request)
        return list(by_visitor.values())

    def drop(self, unwanted: Iterable[Facts]) -> None:
        """Remove requests from all journals."""
        gone = {id(one) for one in unwanted}
        self.requests = [None if id(one) in gone else one for one in self.requests]

    def cut(self, run: Facts, lengths: Sequence[int]) -> None:
        """Make the n-th user send the n-th number of requests, and all further users as many as the last number."""
        for number, own in enumerate(self.visits(run["journal"])):
            wanted = lengths[min(number, len(lengths) - 1)]
            self.drop(own[wanted:])
            for _ in range(wanted - len(own)):
                own.append(self.add([run["journal"]], own[-2], start=own[-1]["end"] + 0.05, end=own[-1]["end"] + 0.06))

    def add(self, journals: list[list[int]], like: Facts, **changed: Any) -> Facts:
        """Add a request to journals: a copy of another one with these changes."""
        request = {**like, "id": 1 + max(one["id"] for one in self.requests if one), **changed}
        self.requests.append(request)
        for journal in journals:
            journal.append(len(self.requests) - 1)
        return request

    def pace(self, run: Facts, gap: Callable[[int, int], float]) -> None:
        """Make `gap(n, m)` seconds pass before the m-th request of the n-th user, and each answer take 10 ms."""
        for number, own in enumerate(self.visits(run["journal"])):
            now = number / 1000
            for position, request in enumerate(own):
                now += gap(number, position)
                request["start"], request["end"] = now, now + 0.01
                now += 0.01

    def wait(self, run: Facts, asked: Callable[[int, int], float], share: float = 1.0) -> None:
        """Make the m-th think time of the n-th user `asked(n, m)` seconds, with a `share` of it slept, compressed."""
        run["record"]["waits"] = [
            {
                "visitor": request["visitor"],
                "start": request["end"] + 0.001,
                "asked": asked(number, position),
                "actual": share * asked(number, position) / COMPRESSION,
            }
            for number, own in enumerate(self.visits(run["journal"]))
            for position, request in enumerate(own[:-1])
        ]

    def hold_up(self, journal: list[int], since: float, seconds: float) -> None:
        """Move everything that was sent after a moment to a later time."""
        for request in self.of(journal):
            if request["start"] >= since:
                request["start"], request["end"] = request["start"] + seconds, request["end"] + seconds

    def report(self, run: Facts) -> None:
        """Make Locust's figures agree with the requests that it has counted."""
        counted = run["record"]["counted"]
        names = Counter(count["name"] for count in counted)
        failed = Counter(count["name"] for count in counted if count["failure"] is not None)
        run["record"]["figures"] |= {
            "rows": [
                {"method": "GET", "name": name, "requests": count, "failures": failed[name]}
                for name, count in names.items()
            ],
            "failures": [
                {"method": "GET", "name": name, "message": "", "count": count} for name, count in failed.items()
            ],
        }


@dataclass(frozen=True)
class Variation:
    """A change of recorded evidence, and its verdict: the criteria that fail or are unclear."""

    base: str
    change: Callable[[Evidence], None]
    fails: str
    unclear: str
    says: tuple[str, ...]
    is_bonus: bool

    @property
    def entry(self) -> Entry:
        """What is expected of it, as of an entry of the corpus."""
        outcome = "failed" if self.fails else "inconclusive" if self.unclear else "passed"
        return Entry(FOLDER / self.base, "passed" if self.is_bonus else outcome, self.fails, self.says)

    def mistake(self, judged: Judged) -> str:
        """Return how a verdict differs from the expected one; empty if it doesn't."""
        if said := judged.mistake():
            return said
        unclear = [one.id for one in judged.told if one.outcome == "inconclusive"]
        return "" if unclear == [self.unclear] * bool(self.unclear) else f"unclear are {unclear}"

    def __str__(self) -> str:
        return f"{self.entry.stage}/varied/{self.change.__name__}"


def varied(
    base: str, *, fails: str = "", unclear: str = "", says: tuple[str, ...] = (), bonus: bool = False
) -> Callable[[Callable[[Evidence], None]], Variation]:
    """Return a decorator that makes a function a variation, which passes, `fails` at a criterion, or is `unclear`."""
    return lambda change: Variation(base, change, fails, unclear, says, bonus)


@cache
def variations() -> tuple[Variation, ...]:
    """Return all variations."""
    modules = [import_module(f"tests.replay.varied.{file.stem}") for file in sorted(VARIED.glob("stage_*.py"))]
    return tuple(one for module in modules for one in vars(module).values() if isinstance(one, Variation))


def bases(varied: Iterable[Variation]) -> list[Entry]:
    """Return the bases of variations: submissions of the corpus that pass."""
    return [Entry(FOLDER / base, "passed") for base in sorted({variation.base for variation in varied})]


def base_of(entry: Entry) -> Path:
    """Return the file in which the base of variations is recorded."""
    return BASES / f"{entry}.json.xz"


@cache
def _recorded(file: Path) -> Recording:
    return Recording.read(file)


@contextmanager
def opened_variation(variation: Variation) -> Iterator[Case]:
    """Yield a case of a variation; its files exist until the block ends."""
    recording = _recorded(base_of(variation.entry))
    evidence = Evidence(recording)
    variation.change(evidence)
    changed = replace(recording, fixtures=evidence.fixtures, requests=evidence.requests)
    with TemporaryDirectory() as folder, opened(_with_files(variation.entry, evidence, Path(folder)), changed) as case:
        case.name, case.mistake = str(variation), variation.mistake  # type: ignore[method-assign]
        yield case


def _with_files(entry: Entry, evidence: Evidence, folder: Path) -> Entry:
    """Return the entry or, if some of its files are changed, a copy in a folder with the same names."""
    if not evidence.files:
        return entry
    place = folder / Path(*entry.folder.parts[-3:])
    shutil.copytree(entry.folder, place)
    for name, text in evidence.files.items():
        (place / name).write_text(text, encoding="utf-8")
    return replace(entry, folder=place)
