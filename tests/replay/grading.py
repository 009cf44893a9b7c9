"""Grading again: today's criteria judge a recorded submission, without a process or a server."""

import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NoReturn

from checks.lab import Lab
from checks.lab.outcome import Criterion, Failed, Inconclusive, NotStarted, Outcome, Result
from checks.lab.plugin import criterion_of, require_earlier, result_of
from checks.lab.report.evidence import Evidence
from checks.lab.report.report import message, stage_json
from checks.lab.submission.answer import find
from checks.lab.submission.given import taken_in
from tests.corpus import Entry, Verdict
from tests.hostile import made
from tests.replay.packing import STATES, Unpacker, annotations
from tests.replay.recording import Recording, Told

RAISED = {kind.__name__: kind for kind in (Failed, Inconclusive, NotStarted)}
NEEDS_RUN = "needs a live run"  # in place of an outcome
AS_FAR_AS_KNOWN = (Outcome.FAILED, Outcome.INCONCLUSIVE)


class NeedsRun(BaseException):
    """A criterion asks for a run that was not recorded. Not an Exception, so that no check catches it."""


class Bench(Lab):
    """A bench that makes no runs."""

    def petshop(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse to serve, since no run would follow."""
        raise NeedsRun

    serving = settings = swarm = distributed = petshop


class Judged:
    """A verdict that was given without a run; an outcome that would need one is `NEEDS_RUN`."""

    def __init__(self, entry: Entry, results: dict[str, Result | None]) -> None:
        self.entry = entry
        self._results = results

    @property
    def told(self) -> tuple[Told, ...]:
        """The outcome of each criterion, in the form that a recording has."""
        return tuple(
            Told(id, result.outcome.value, message(result), result.criterion.bonus)
            if result
            else Told(id, NEEDS_RUN, "")
            for id, result in self._results.items()
        )

    @property
    def needs_run(self) -> bool:
        """Whether a criterion asked for a run that was not recorded."""
        return None in self._results.values()

    def mistake(self) -> str:
        """Return how the verdict differs from what the corpus expects; empty if it doesn't, or may not."""
        known = [result for result in self._results.values() if result]
        if not self.needs_run:
            stages = {self.entry.stage: stage_json(known, Evidence())}
            return Verdict(0, {"stages": stages}).mistake(self.entry)
        wrong = [f"{r.criterion.id} {r.outcome}" for r in known if self._is_unexpected(r)]
        return ", ".join(wrong)

    def _is_unexpected(self, result: Result) -> bool:
        if result.criterion.id == self.entry.criterion:
            return result.outcome is not Outcome.FAILED
        return result.outcome in AS_FAR_AS_KNOWN


class Case:
    """A recorded submission, its evidence unpacked once, to be judged as often as anybody likes."""

    def __init__(self, entry: Entry, recording: Recording, bench: Bench | Exception) -> None:
        self.entry, self.recording, self.name = entry, recording, str(entry)
        self._bench = bench
        self._check = check_of(entry.stage)
        self._unpacker = Unpacker(recording.requests)
        self._unpacked: dict[str, Any] = {}

    def mistake(self, judged: Judged) -> str:
        """Return how a verdict on it differs from the expected one; empty if it doesn't, or need not match."""
        return judged.mistake()

    def judge(self) -> Judged:
        """Return the verdict of the criteria as they are now."""
        earlier: dict[str, Result] = {}
        results: dict[str, Result | None] = {}
        fixtures: dict[str, Any] = {}
        for function, criterion in criteria(self._check, self.entry.stage):
            error: Exception | None = None
            try:
                require_earlier(criterion, earlier)
                _require_known(criterion, results)
                function(**self._arguments(function, fixtures))
            except NeedsRun:
                results[criterion.id] = None
                continue
            except Exception as raised:  # noqa: BLE001 - whatever it is, it makes the criterion's result
                error = raised
            results[criterion.id] = earlier[f"{criterion.stage}::{criterion.id}"] = result_of(criterion, error)
        return Judged(self.entry, results)

    def _arguments(self, function: Callable[..., object], fixtures: dict[str, Any]) -> dict[str, Any]:
        return {name: self._fixture(name, fixtures) for name in inspect.signature(function).parameters}

    def _fixture(self, name: str, fixtures: dict[str, Any]) -> Any:
        if name not in fixtures:
            fixtures[name] = self._lab() if name == "lab" else self._evidence(name, fixtures)
        return fixtures[name]

    def _lab(self) -> Bench:
        if isinstance(self._bench, Exception):
            raise self._bench.with_traceback(None)
        return self._bench

    def _evidence(self, name: str, fixtures: dict[str, Any]) -> Any:
        """Return a fixture's value: the recorded one, or a new one if the fixture needs no run for it."""
        make = inspect.unwrap(getattr(self._check, name))
        packed = self.recording.fixtures.get(name, {})
        if "value" in packed:
            return self._known(name, annotations(make)["return"], packed["value"])
        try:
            value = make(**self._arguments(make, fixtures))
        except NeedsRun:
            if "raised" in packed:
                raise RAISED[packed["raised"]](*packed["with"]) from None
            raise
        for part, one in packed.get("parts", {}).items():
            kind = annotations(vars(type(value))[part].func)["return"]
            vars(value)[part] = self._known(f"{name}.{part}", kind, one)
        for state, facts in packed.get("states", {}).items():
            for field, one in facts.items():
                thing = vars(value)[state]
                kind = STATES[type(thing)][field]
                setattr(thing, field, self._known(f"{name}.{state}.{field}", kind, one))
        return value

    def _known(self, name: str, kind: Any, packed: Any) -> Any:
        if name not in self._unpacked:
            self._unpacked[name] = self._unpacker.unpack(kind, packed)
        return self._unpacked[name]


def _require_known(criterion: Criterion, results: Mapping[str, Result | None]) -> None:
    """Require that the outcomes of the criteria on which this one depends are known."""
    if any(name in results and results[name] is None for name in criterion.after):
        raise NeedsRun


@contextmanager
def opened(entry: Entry, recording: Recording) -> Iterator[Case]:
    """Yield a case; its files exist until the block ends."""
    with ExitStack() as files:
        submission = entry.folder
        if "hostile" in entry.folder.parts:
            folder = Path(files.enter_context(TemporaryDirectory()), "in")
            folder.mkdir()
            submission = made(entry, folder)
        yield Case(entry, recording, _bench(entry, recording, submission, files))


def _bench(entry: Entry, recording: Recording, submission: Path, files: ExitStack) -> Bench | Exception:
    """Return a bench with the submission, or the exception that finding the submission raised."""
    try:
        found = find(files.enter_context(taken_in(submission)), entry.stage)
    except tuple(RAISED.values()) as error:
        return error
    return Bench(found, random.Random(f"{recording.seed} {entry.stage}"))


def check_of(stage: str) -> ModuleType:
    """Return the module with a stage's criteria."""
    return import_module(f"checks.test_{stage}")


def criteria(check: ModuleType, stage: str) -> Iterator[tuple[Callable[..., object], Criterion]]:
    """Yield the functions of a check that stand for criteria, with these, in the order in which they are judged."""
    for function in list(vars(check).values()):
        if inspect.isfunction(function) and (criterion := criterion_of(function, stage)):
            yield function, criterion
