"""Stage 05: each user takes the next owner from the data file, and looks at that owner's pets and their visits."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import permutations

import pytest

from checks.judging import holdings
from checks.judging.holdings import Form, Holdings, Lack, Questions
from checks.judging.trial import DataFile, Trial, World
from checks.lab import Lab, require_requests
from checks.lab.target.middleware.faults import Choice
from checks.lab.target.server import Target
from checks.lab.verdict.figures import is_reported, require_reported
from petshop_app.seed import CHECK_UP, OWNERS, Owner, Pet, Visit

QUESTIONS = Questions(
    holder="owner",
    thing="pet",
    details="visits",
    things_forms=(Form(r"/owners/([^/]+)/pets"),),
    details_forms=(Form(r"/pets/([^/]+)/visits"),),
)
NAMES = [owner.name for owner in OWNERS]
PLAIN = [name.split() for name in NAMES if name.replace(" ", "", 1).isalpha()]
MORE_NAMES = [f"{first} {last}" for (first, _), (_, last) in permutations(PLAIN, 2)]
DATA = DataFile("owners", "owner_id", [*NAMES, *MORE_NAMES])
VISITS = 5  # of each user whose owner has pets; how often it looks at the pets is its own affair


def lacking(held: Holdings) -> Iterator[Lack]:
    """Yield what is lacking until each user has shown what it does."""
    yield from holdings.lacking_users(held)
    yield from holdings.lacking_questions(held, things=1, details=VISITS)


@pytest.fixture(scope="module")
def trial(lab: Lab) -> Trial:
    """The submission's runs."""

    def serve(world: World, answers: Choice | None) -> AbstractContextManager[Target]:
        owners = [Owner(row.id, row.name) for row in world.holders]
        visits = (Visit("2025-01-20", CHECK_UP),)
        pets = [Pet("Pet", "dog", owner, visits, id) for owner, ids in world.things.items() for id in ids]
        return lab.petshop(answers, owners=owners, pets=pets)

    return Trial(lab, QUESTIONS, DATA, serve, lacking)


@pytest.mark.criterion(points=1)
def test_loads(trial: Trial) -> None:
    """Locust loads the file beside another owners.csv and owners.json, and its users reach the pet shop."""
    require_requests(trial.roomy.run)


@pytest.mark.criterion(points=1, after="loads")
def test_users(trial: Trial) -> None:
    """Each simulated user is one visitor of the shop, who asks for pets: GET /owners/<id>/pets."""
    run, held, shown = trial.roomy
    holdings.forbid_crowds(held, run)
    holdings.forbid_unnamed_holders(held)
    shown.require_none(holdings.lacking_users(shown), run)


@pytest.mark.criterion(points=1, after="users")
def test_keeps(trial: Trial) -> None:
    """Each user keeps its owner from start to end."""
    holdings.forbid_second_holder(trial.roomy.held)


@pytest.mark.criterion(points=2, after="keeps")
def test_rows(trial: Trial) -> None:
    """The users hold the first rows of the file, one each, in the order of the file."""
    holdings.forbid_other_rows(trial.roomy.held)


@pytest.mark.criterion(points=1, after="rows")
def test_wraps(trial: Trial) -> None:
    """After the last row comes the first one again: with more users than rows, and with a single row."""
    for run, held, shown in (trial.crowded, trial.single):
        require_requests(run)
        shown.require_none(holdings.lacking_users(shown), run)
        holdings.forbid_other_rows(held)
        holdings.forbid_second_holder(held)


@pytest.mark.criterion(points=1, after="users")
def test_visits(trial: Trial) -> None:
    """Each user whose owner has pets looks at visits, GET /pets/<id>/visits, again and again."""
    run, _, shown = trial.roomy
    shown.require_none(lacking(shown), run)


@pytest.mark.criterion(points=1, after="keeps visits")
def test_own_pets(trial: Trial) -> None:
    """The visits are of the own owner's pets, once they are known, and never of others; without pets there are none."""
    for _, held, _ in (trial.roomy, trial.crowded):
        holdings.forbid_foreign_things(held)


@pytest.mark.criterion(points=1, after="own_pets")
def test_errors(trial: Trial) -> None:
    """An error answer leaves a user with its owner and pets; it ends no task in an error, and stays a failure."""
    run, held, shown = trial.failing
    require_requests(run)
    holdings.forbid_second_holder(held)
    holdings.forbid_foreign_things(held)
    shown.require_none(holdings.lacking_after_errors(shown), run)
    shown.require_none(lacking(shown), run)
    holdings.forbid_hidden_failures(held, run, trial.roomy.run)
    if is_reported(trial.roomy.run):  # what is wrong there too is the business of test_report
        require_reported(run)


@pytest.mark.criterion(points=1, after="rows visits")
def test_report(trial: Trial) -> None:
    """Locust's report has one row for the pets and one for the visits, however many ids there are, and no error."""
    holdings.forbid_scattered_rows(trial.roomy.held, trial.roomy.run)
    require_reported(trial.roomy.run)
