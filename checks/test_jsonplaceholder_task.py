"""The take-home: each simulated user takes a user id from the data file, and reads its posts and their comments."""

from collections.abc import Iterator

import pytest

from checks.judging.cluster import failover, ids, late_master, start
from checks.judging.cluster.scenarios import ClusterScenarios
from checks.judging.data import errors, jsonplaceholder, reporting, rules, think_time
from checks.judging.data.model import Missing, Observation
from checks.judging.data.progress import missing_users, missing_work
from checks.judging.data.scenarios import Scenarios
from checks.lab import Lab, NotStarted, require_requests
from checks.lab.verdict.figures import require_reported

POSTS, COMMENTS = 3, 5  # times that each user asks for them before it is judged; COMMENTS only if it has posts


def missing(observed: Observation) -> Iterator[Missing]:
    """Return what is missing until each user has shown what it does."""
    return missing_work(observed, things=POSTS, details=COMMENTS)


@pytest.fixture(scope="module")
def trial(lab: Lab) -> Scenarios:
    """The submission's runs in one process."""
    return Scenarios(lab, jsonplaceholder.API, missing)


# --- part 1: an id for each user


@pytest.mark.criterion(points=1, part=1)
def test_loads(trial: Scenarios) -> None:
    """Locust loads the file beside another users.csv and users.json, and its users reach the API."""
    require_requests(trial.roomy.run)


@pytest.mark.criterion(points=1, part=1, after="loads")
def test_users(trial: Scenarios) -> None:
    """Each simulated user is one visitor of the API, who asks for the posts of a user id."""
    rules.forbid_shared_clients(trial.roomy.held, trial.roomy.run)
    rules.forbid_unnamed_holders(trial.roomy.held)
    trial.roomy.require(missing_users)


@pytest.mark.criterion(points=2, part=1, after="users")
def test_keeps(trial: Scenarios) -> None:
    """Each simulated user keeps its user id from start to end."""
    rules.forbid_second_holder(trial.roomy.held)


@pytest.mark.criterion(points=3, part=1, after="keeps")
def test_rows(trial: Scenarios) -> None:
    """The simulated users hold the first rows of the file, one each, in the order of the file."""
    rules.forbid_other_rows(trial.roomy.held)


@pytest.mark.criterion(points=3, part=1, after="rows")
def test_wraps(trial: Scenarios) -> None:
    """After the last row comes the first one again: with more users than rows, and with a single row."""
    rules.require_wrap(trial.crowded)
    rules.require_wrap(trial.single)


# --- part 2: each user's own posts


@pytest.mark.criterion(points=2, part=2, after="users")
def test_goes_on(trial: Scenarios) -> None:
    """Both tasks go on until the test ends: posts for each user, and comments where there are posts."""
    trial.roomy.require(missing)


@pytest.mark.criterion(points=3, part=2, after="keeps goes_on")
def test_own_posts(trial: Scenarios) -> None:
    """The comments are of the user id's own posts, once they are known, and of no others; without posts none."""
    for run in (trial.roomy, trial.crowded):
        rules.forbid_foreign_things(run.held)


@pytest.mark.criterion(points=2, part=2, after="own_posts")
def test_errors(trial: Scenarios) -> None:
    """An error answer leaves a user with its id and posts; it ends no task in an error, and stays a failure."""
    errors.require_users_go_on(trial.failing, trial.roomy.run, missing)


@pytest.mark.criterion(points=2, part=2, after="rows goes_on")
def test_report(trial: Scenarios) -> None:
    """Locust's report has one row for the posts and one for the comments, however many ids there are, and no error."""
    reporting.forbid_scattered_rows(trial.roomy.held, trial.roomy.run)
    require_reported(trial.roomy.run)


@pytest.mark.criterion(points=1, part=2, after="goes_on")
def test_think_time(trial: Scenarios) -> None:
    """The users think for 1 to 3 seconds after each task, as those of the starter do."""
    think_time.require_think_time(trial.roomy.run, trial.roomy.held)


# --- part 3, a bonus: many machines


@pytest.fixture(scope="module")
def distribution(lab: Lab) -> ClusterScenarios:
    """The submission's runs as a master and its workers; not started if no message is registered."""
    submission = lab.submission
    if not any(b"register_message" in submission.read(file) for file in submission.files if file.suffix == ".py"):
        raise NotStarted("part 3 is a bonus; it begins with register_message")
    return ClusterScenarios(lab, jsonplaceholder.API)


@pytest.mark.criterion(points=2, part=3, bonus=True, after="loads")
def test_master_reads(distribution: ClusterScenarios) -> None:
    """The master alone reads the data file, and each user on two workers gets a user id from it."""
    loss = distribution.loss
    start.require_loaded(loss.group)
    ids.require_master_alone_reads(loss.group)
    ids.require_users(loss.group, loss.before, loss.group.size)


@pytest.mark.criterion(points=2, part=3, bonus=True, after="master_reads")
def test_own_ids(distribution: ClusterScenarios) -> None:
    """No user id has two users while another one is free; each user keeps to its own, and to its posts."""
    ids.require_own_things(distribution.loss)
    ids.require_no_double_use(distribution.loss)


@pytest.mark.criterion(points=3, part=3, bonus=True, after="own_ids")
def test_lost_worker(distribution: ClusterScenarios) -> None:
    """When a worker is killed, its ids are free again within 10 s of the master missing it, and go to others."""
    failover.require_reclaimed(distribution.loss)


@pytest.mark.criterion(points=1, part=3, bonus=True, after="master_reads")
def test_says_so(distribution: ClusterScenarios) -> None:
    """A worker that starts before its master says so within 10 s, in a line that comes only then."""
    late_master.require_announcement(distribution.wait, distribution.loss)


@pytest.mark.criterion(points=1, part=3, bonus=True, after="master_reads")
def test_recovers(distribution: ClusterScenarios) -> None:
    """A worker that starts before its master runs its users as soon as the master is there."""
    late_master.require_recovery(distribution.wait)


@pytest.mark.criterion(points=1, part=3, bonus=True, after="recovers own_ids")
def test_starts_again(distribution: ClusterScenarios) -> None:
    """With more users than ids the ids start again: each user gets one, and none is left out."""
    ids.require_ids_start_again(distribution.wait.group)
