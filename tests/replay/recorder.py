"""A pytest plugin that records a grading: pytest checks/ -p tests.replay.recorder --record FILE ... -k STAGE."""

import contextlib
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from checks.lab.outcome import Failed, Inconclusive, NotStarted, Outcome, Result
from checks.lab.report.report import message
from tests.replay.packing import STATES, Packer
from tests.replay.recording import Recording, Told

OWN = "lab"  # not recorded: a replay makes its own bench
FORESEEN = (Failed, Inconclusive, NotStarted)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for the place of the recording and for its key."""
    parser.addoption("--record", metavar="FILE", help="record what the graded runs show (for one stage)")
    parser.addoption("--record-key", default="", metavar="KEY", help="what the recording depends on")


def pytest_configure(config: pytest.Config) -> None:
    """Start recording if a file is named."""
    if config.option.record:
        config.pluginmanager.register(Recorder(config), "workshop-recorder")


class Recorder:
    """Keeps the values of the module's fixtures, packs them before the teardown, and writes them at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._option = config.option
        self._made: dict[str, Any] = {}
        self._fixtures: dict[str, Any] = {}
        self._results: dict[str, Result] = {}
        self._packer = Packer()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: "pytest.FixtureDef[Any]") -> Generator[None, Any, Any]:
        """Keep the value of a check's fixture, or the verdict with which it ended."""
        is_own = fixturedef.scope == "module" and fixturedef.argname != OWN
        try:
            made = yield
        except FORESEEN as error:
            if is_own:
                self._fixtures[fixturedef.argname] = {"raised": type(error).__name__, "with": _said(error)}
            raise
        if is_own:
            self._made[fixturedef.argname] = made
        return made

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a criterion's result."""
        from checks.lab.session import RESULT  # pytest has to load that plugin first, to rewrite its assertions

        if packed := getattr(report, RESULT, None):
            result = Result.unpacked(packed)
            self._results[result.criterion.id] = result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """Pack everything, while the files of the submission are still there."""
        if nextitem is not None:
            return
        if all(result.outcome is Outcome.PASSED for result in self._results.values()):
            for made in self._made.values():
                _complete(made)
        self._fixtures |= {name: self._packed(made) for name, made in self._made.items()}

    def _packed(self, made: Any) -> dict[str, Any]:
        if not lazy_parts(type(made)):
            return {"value": self._packer.pack(made)}
        facts = vars(made)
        return {
            "parts": {name: self._packer.pack(facts[name]) for name in lazy_parts(type(made)) if name in facts},
            "states": {
                name: {
                    field: self._packer.pack(getattr(one, field)) for field in STATES[type(one)] if hasattr(one, field)
                }
                for name, one in facts.items()
                if type(one) in STATES
            },
        }

    def pytest_sessionfinish(self) -> None:
        """Write the recording."""
        told = (
            Told(id, result.outcome.value, message(result), result.criterion.bonus)
            for id, result in self._results.items()
        )
        recording = Recording(
            key=self._option.record_key,
            seed=self._option.seed,
            mode=self._option.isolation,
            told=tuple(told),
            fixtures=self._fixtures,
            requests=self._packer.requests,
        )
        recording.write(Path(self._option.record))


def lazy_parts(kind: type) -> list[str]:
    """Return the names of a class's lazy runs; private ones are left out."""
    found = [name for each in kind.__mro__ for name, one in vars(each).items() if isinstance(one, cached_property)]
    return [name for name in found if not name.startswith("_")]


def _complete(made: Any) -> None:
    """Make the runs that no criterion has asked for, since a changed grader might ask for them."""
    for name in lazy_parts(type(made)):
        with contextlib.suppress(*FORESEEN):
            getattr(made, name)


def _said(error: Exception) -> list[str]:
    return [error.seen, error.expected, error.advice] if isinstance(error, Failed) else [str(error)]
