"""The scenarios: runs of a submission with the grader's data files, against an API whose content is secret."""

import time
from collections.abc import Iterator
from functools import cached_property
from random import Random

from checks.judging.data.dataset import Api, Dataset, observation
from checks.judging.data.model import FindMissing, Missing, Observation, ObservedRun, Questions
from checks.judging.data.progress import missing_after_errors, missing_users
from checks.lab.lab import Lab
from checks.lab.locust.run import Ending
from checks.lab.target.journal import Journal
from checks.lab.target.middleware.faults import Answer, Choice

LOOK = 0.2  # seconds between two looks at a growing journal, since each look reads all of it
ERRORS = (
    Answer("error", status=500),
    Answer("error", status=500, body=b'{"error": {"code": "INTERNAL", "message": "try again"}}'),
    Answer("error", status=503, body=b"<html><title>Service Unavailable</title></html>"),
    Answer("error", status=404, body=b"{}"),
    Answer("error", status=429, body=b'[{"id"'),
)
NOW_AND_THEN = 1 / 4  # the share of errors, after the first few answers


class Scenarios:
    """The runs of one submission, each made when a criterion first asks for it; it lasts until nothing is `missing`."""

    def __init__(self, lab: Lab, api: Api, missing: FindMissing) -> None:
        self._lab, self._api, self._missing = lab, api, missing
        lab.evidence.holder = api.questions.asked_holder

    @cached_property
    def roomy(self) -> ObservedRun:
        """More rows than users."""
        users = self._lab.rng.randint(5, 10)
        return self._observe(users + self._lab.rng.randint(9, 13), users, self._missing)

    @cached_property
    def crowded(self) -> ObservedRun:
        """More users than rows, and more rows than the sample: the users take each row twice, and some a third time."""
        rows = self._lab.rng.randint(21, 25)
        return self._observe(rows, 2 * rows + self._lab.rng.randint(1, rows - 1), missing_users)

    @cached_property
    def single(self) -> ObservedRun:
        """One row."""
        return self._observe(1, self._lab.rng.randint(3, 4), missing_users)

    @cached_property
    def failing(self) -> ObservedRun:
        """An API that answers with errors now and then, beginning with the first answers."""
        users = self._lab.rng.randint(5, 7)

        def missing(observed: Observation) -> Iterator[Missing]:
            yield from missing_after_errors(observed)
            yield from self._missing(observed)

        return self._observe(2 * users, users, missing, errors(self._api.questions, users, self._lab.rng))

    def _observe(self, rows: int, users: int, missing: FindMissing, answers: Choice | None = None) -> ObservedRun:
        dataset = Dataset.drawn(self._lab.rng, rows, users, self._api.data.names)
        looked, seen = 0.0, Journal()

        def observed(journal: Journal) -> Observation:
            return observation(dataset, self._api.questions, journal, users)

        def done(journal: Journal) -> bool:
            nonlocal looked, seen
            if time.monotonic() < looked + LOOK:
                return False
            looked, seen = time.monotonic(), journal.copy()
            return observed(seen).is_settled(missing(observed(seen)))

        with self._api.serve(self._lab, dataset, answers) as target:
            files = dataset.files(self._lab.submission, self._api.data)
            run = self._lab.swarm(target, users=users, done=done, files=files)
        shown = run.journal if run.ending is Ending.SILENCE or run.ended_early else seen
        return ObservedRun(run, observed(run.journal), observed(shown))


def errors(questions: Questions, users: int, rng: Random) -> Choice:
    """Return a choice of answers: errors for half of the first `users` questions of each kind, later for some."""

    def script(seed: float) -> Iterator[Answer | None]:
        chance = Random(seed)
        first = [chance.choice(ERRORS) if number % 2 else None for number in range(1, users + 1)]
        yield from chance.sample(first, users)
        while True:
            yield chance.choice(ERRORS) if chance.random() < NOW_AND_THEN else None

    scripts = [(asks, script(rng.random())) for asks in (questions.asks_things, questions.asks_details)]

    def choose(_method: str, path: str) -> Answer | None:
        return next((next(answers) for asks, answers in scripts if asks(path)), None)

    return choose
