"""Variations: recorded runs with one thing changed, and the verdict that they have to get.

For what no submission brings about the same way each time: a value just beside a tolerance, a machine that stands
still, a signal from outside. Each is a run of a right submission as the target has really seen it, but for the one
thing that the variation's docstring names. `tests/replay/varied/` has them, a module for each stage; the runs that they
are made from lie in `tests/replay/bases/`, and `python -m tests.replay bases` records them again.
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
    """What was recorded, as plain values that a variation changes: the same names as in the grader's dataclasses."""

    def __init__(self, recording: Recording) -> None:
        self.fixtures: Facts = copy.deepcopy(recording.fixtures)
        self.requests: list[Any] = copy.deepcopy(recording.requests)
        self.files: dict[str, str] = {}  # of the submission, by name, in place of its own

    def made(self, fixture: str) -> Any:
        """Return what a fixture has made."""
        return self.fixtures[fixture]["value"]

    def part(self, fixture: str, name: str) -> Any:
        """Return a run of a fixture that makes its runs when they are asked for."""
        return self.fixtures[fixture]["parts"][name]

    def state(self, fixture: str, name: str) -> Any:
        """Return what was asked, after its run, of a thing that took part in it."""
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
        """Take requests out of all journals."""
        gone = {id(one) for one in unwanted}
        self.requests = [None if id(one) in gone else one for one in self.requests]

    def cut(self, run: Facts, lengths: Sequence[int]) -> None:
        """Let the n-th user send so many requests, each of the others as many as the last one that is named."""
        for number, own in enumerate(self.visits(run["journal"])):
            wanted = lengths[min(number, len(lengths) - 1)]
            self.drop(own[wanted:])
            for _ in range(wanted - len(own)):
                own.append(self.add([run["journal"]], own[-2], start=own[-1]["end"] + 0.05, end=own[-1]["end"] + 0.06))

    def add(self, journals: list[list[int]], like: Facts, **changed: Any) -> Facts:
        """Put one more request into journals, like another one but for what is named."""
        request = {**like, "id": 1 + max(one["id"] for one in self.requests if one), **changed}
        self.requests.append(request)
        for journal in journals:
            journal.append(len(self.requests) - 1)
        return request

    def pace(self, run: Facts, gap: Callable[[int, int], float]) -> None:
        """Let the seconds before the m-th request of the n-th user be `gap(n, m)`, and each answer take 10 ms."""
        for number, own in enumerate(self.visits(run["journal"])):
            now = number / 1000
            for position, request in enumerate(own):
                now += gap(number, position)
                request["start"], request["end"] = now, now + 0.01
                now += 0.01

    def wait(self, run: Facts, asked: Callable[[int, int], float], share: float = 1.0) -> None:
        """Let the m-th think time of the n-th user be `asked(n, m)` seconds, a `share` of it slept, compressed."""
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
        """Let all that was sent after a moment have been sent so much later."""
        for request in self.of(journal):
            if request["start"] >= since:
                request["start"], request["end"] = request["start"] + seconds, request["end"] + seconds

    def report(self, run: Facts) -> None:
        """Let Locust's figures hold what it has counted, request by request."""
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
    """A change of recorded evidence, and its verdict: where it fails, and what is unclear then."""

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
        """Return how a verdict differs from what is expected; empty if it doesn't."""
        if said := judged.mistake():
            return said
        unclear = [one.id for one in judged.told if one.outcome == "inconclusive"]
        return "" if unclear == [self.unclear] * bool(self.unclear) else f"unclear are {unclear}"

    def __str__(self) -> str:
        return f"{self.entry.stage}/varied/{self.change.__name__}"


def varied(
    base: str, *, fails: str = "", unclear: str = "", says: tuple[str, ...] = (), bonus: bool = False
) -> Callable[[Callable[[Evidence], None]], Variation]:
    """Return a decorator that makes a variation of a function: it passes, `fails` at a criterion, or is `unclear`."""
    return lambda change: Variation(base, change, fails, unclear, says, bonus)


@cache
def variations() -> tuple[Variation, ...]:
    """Return all variations."""
    modules = [import_module(f"tests.replay.varied.{file.stem}") for file in sorted(VARIED.glob("stage_*.py"))]
    return tuple(one for module in modules for one in vars(module).values() if isinstance(one, Variation))


def bases(varied: Iterable[Variation]) -> list[Entry]:
    """Return what variations are made from: submissions of the corpus that pass."""
    return [Entry(FOLDER / base, "passed") for base in sorted({variation.base for variation in varied})]


def base_of(entry: Entry) -> Path:
    """Return the file in which the base of variations is recorded."""
    return BASES / f"{entry}.json.xz"


@cache
def _recorded(file: Path) -> Recording:
    return Recording.read(file)


@contextmanager
def opened_variation(variation: Variation) -> Iterator[Case]:
    """Give a case of a variation; its files are there to the end of the block."""
    recording = _recorded(base_of(variation.entry))
    evidence = Evidence(recording)
    variation.change(evidence)
    changed = replace(recording, fixtures=evidence.fixtures, requests=evidence.requests)
    with TemporaryDirectory() as folder, opened(_with_files(variation.entry, evidence, Path(folder)), changed) as case:
        case.name, case.mistake = str(variation), variation.mistake  # type: ignore[method-assign]
        yield case


def _with_files(entry: Entry, evidence: Evidence, folder: Path) -> Entry:
    """Return the entry, or where files of it are changed a copy in a folder of the same names."""
    if not evidence.files:
        return entry
    place = folder / Path(*entry.folder.parts[-3:])
    shutil.copytree(entry.folder, place)
    for name, text in evidence.files.items():
        (place / name).write_text(text, encoding="utf-8")
    return replace(entry, folder=place)
