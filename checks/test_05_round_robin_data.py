"""Stage 05: each user takes the next owner from the data file, and looks at that owner's pets and their visits."""

from collections.abc import Iterator

import pytest

from checks.judging.data import errors, petshop, reporting, rules
from checks.judging.data.model import Missing, Observation
from checks.judging.data.progress import missing_users, missing_work
from checks.judging.data.scenarios import Scenarios
from checks.lab import Lab, require_requests
from checks.lab.verdict.figures import require_reported

VISITS = 5  # of each user whose owner has pets; the brief doesn't say how often it looks at the pets


def missing(observed: Observation) -> Iterator[Missing]:
    """Return what is missing until each user has shown what it does."""
    return missing_work(observed, things=1, details=VISITS)


@pytest.fixture(scope="module")
def trial(lab: Lab) -> Scenarios:
    """The submission's runs."""
    return Scenarios(lab, petshop.API, missing)


@pytest.mark.criterion(points=1)
def test_loads(trial: Scenarios) -> None:
    """Locust loads the file beside another owners.csv and owners.json, and its users reach the pet shop."""
    require_requests(trial.roomy.run)


@pytest.mark.criterion(points=1, after="loads")
def test_users(trial: Scenarios) -> None:
    """Each simulated user is one visitor of the shop, who asks for pets: GET /owners/<id>/pets."""
    rules.forbid_shared_clients(trial.roomy.held, trial.roomy.run)
    rules.forbid_unnamed_holders(trial.roomy.held)
    trial.roomy.require(missing_users)


@pytest.mark.criterion(points=1, after="users")
def test_keeps(trial: Scenarios) -> None:
    """Each user keeps its owner from start to end."""
    rules.forbid_second_holder(trial.roomy.held)


@pytest.mark.criterion(points=2, after="keeps")
def test_rows(trial: Scenarios) -> None:
    """The users hold the first rows of the file, one each, in the order of the file."""
    rules.forbid_other_rows(trial.roomy.held)


@pytest.mark.criterion(points=1, after="rows")
def test_wraps(trial: Scenarios) -> None:
    """After the last row comes the first one again: with more users than rows, and with a single row."""
    rules.require_wrap(trial.crowded)
    rules.require_wrap(trial.single)


@pytest.mark.criterion(points=1, after="users")
def test_visits(trial: Scenarios) -> None:
    """Each user whose owner has pets looks at visits, GET /pets/<id>/visits, again and again."""
    trial.roomy.require(missing)


@pytest.mark.criterion(points=1, after="keeps visits")
def test_own_pets(trial: Scenarios) -> None:
    """The visits are of the own owner's pets, once they are known, and never of others; without pets there are none."""
    for run in (trial.roomy, trial.crowded):
        rules.forbid_foreign_things(run.held)


@pytest.mark.criterion(points=1, after="own_pets")
def test_errors(trial: Scenarios) -> None:
    """An error answer leaves a user with its owner and pets; it ends no task in an error, and stays a failure."""
    errors.require_users_go_on(trial.failing, trial.roomy.run, missing)


@pytest.mark.criterion(points=1, after="rows visits")
def test_report(trial: Scenarios) -> None:
    """Locust's report has one row for the pets and one for the visits, however many ids there are, and no error."""
    reporting.forbid_scattered_rows(trial.roomy.held, trial.roomy.run)
    require_reported(trial.roomy.run)
