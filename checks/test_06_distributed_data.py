"""Stage 06: the master alone reads the data file, and deals its owners out to the users of all workers."""

import pytest

from checks.judging.cluster import failover, ids, late_master, start
from checks.judging.cluster.scenarios import ClusterScenarios
from checks.judging.data import petshop
from checks.lab import Lab


@pytest.fixture(scope="module")
def distribution(lab: Lab) -> ClusterScenarios:
    """The submission's runs."""
    return ClusterScenarios(lab, petshop.API)


@pytest.mark.criterion(points=1)
def test_loads(distribution: ClusterScenarios) -> None:
    """A master and two workers load the file, and their users reach the pet shop."""
    start.require_loaded(distribution.loss.group)


@pytest.mark.criterion(points=1, after="loads")
def test_reads(distribution: ClusterScenarios) -> None:
    """The master alone reads owners.csv or owners.json, and each user on both workers gets an owner from it."""
    loss = distribution.loss
    ids.require_master_alone_reads(loss.group)
    ids.require_users(loss.group, loss.before, loss.group.size)


@pytest.mark.criterion(points=1, after="reads")
def test_visits(distribution: ClusterScenarios) -> None:
    """Each user keeps its owner and asks for its pets and their visits, as in stage 05; nothing ends in an error."""
    ids.forbid_writing(distribution.loss.group)
    ids.require_own_things(distribution.loss)


@pytest.mark.criterion(points=2, after="visits")
def test_shares(distribution: ClusterScenarios) -> None:
    """No owner has two users while another one is free, also after some users have stopped and others started."""
    ids.require_no_double_use(distribution.loss)


@pytest.mark.criterion(points=1, after="reads")
def test_says_so(distribution: ClusterScenarios) -> None:
    """A worker that starts before its master says so within 10 s, in a line that comes only then."""
    late_master.require_announcement(distribution.wait, distribution.loss)


@pytest.mark.criterion(points=1, after="reads")
def test_recovers(distribution: ClusterScenarios) -> None:
    """A worker that starts before its master runs its users as soon as the master is there."""
    late_master.require_recovery(distribution.wait)


@pytest.mark.criterion(points=1, after="recovers shares")
def test_wraps(distribution: ClusterScenarios) -> None:
    """With more users than owners the owners start again: each user gets one, and none is left out."""
    ids.require_ids_start_again(distribution.wait.group)


@pytest.mark.criterion(points=2, after="shares")
def test_reclaims(distribution: ClusterScenarios) -> None:
    """When a worker is killed, its owners are free again within 10 s of the master missing it, and go to others."""
    failover.require_reclaimed(distribution.loss)
