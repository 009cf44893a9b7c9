"""Stage 06: the master alone reads the data file, and deals its owners out to the users of all workers."""

from contextlib import AbstractContextManager

import pytest

from checks.judging import sharing
from checks.judging.distribution import Distribution
from checks.judging.trial import World
from checks.lab import Lab
from checks.lab.target.peers import Peers
from checks.lab.target.server import Target
from checks.test_05_round_robin_data import DATA, QUESTIONS
from petshop_app.seed import CHECK_UP, Owner, Pet, Visit


@pytest.fixture(scope="module")
def distribution(lab: Lab) -> Distribution:
    """The submission's runs."""

    def serve(lab: Lab, world: World, peers: Peers) -> AbstractContextManager[Target]:
        owners = [Owner(row.id, row.name) for row in world.holders]
        visits = (Visit("2025-01-20", CHECK_UP),)
        pets = [Pet("Pet", "dog", owner, visits, id) for owner, ids in world.things.items() for id in ids]
        return lab.petshop(peers=peers, owners=owners, pets=pets)

    return Distribution(lab, QUESTIONS, DATA, serve)


@pytest.mark.criterion(points=1)
def test_loads(distribution: Distribution) -> None:
    """A master and two workers load the file, and their users reach the pet shop."""
    sharing.require_loaded(distribution.loss.group)


@pytest.mark.criterion(points=1, after="loads")
def test_reads(distribution: Distribution) -> None:
    """The master alone reads owners.csv or owners.json, and each user on both workers gets an owner from it."""
    loss = distribution.loss
    sharing.require_master_alone_reads(loss.group)
    sharing.require_users(loss.group, loss.before, loss.group.size)


@pytest.mark.criterion(points=1, after="reads")
def test_visits(distribution: Distribution) -> None:
    """Each user keeps its owner and asks for its pets and their visits, as in stage 05; nothing ends in an error."""
    sharing.forbid_writing(distribution.loss.group)
    sharing.require_own_things(distribution.loss)


@pytest.mark.criterion(points=2, after="visits")
def test_shares(distribution: Distribution) -> None:
    """No owner has two users while another one is free, also after some users have stopped and others started."""
    sharing.require_no_double_use(distribution.loss)


@pytest.mark.criterion(points=1, after="reads")
def test_says_so(distribution: Distribution) -> None:
    """A worker that starts before its master says so within 10 s, in a line that comes only then."""
    sharing.require_message(distribution.wait, distribution.loss)


@pytest.mark.criterion(points=1, after="reads")
def test_recovers(distribution: Distribution) -> None:
    """A worker that starts before its master runs its users as soon as the master is there."""
    sharing.require_recovery(distribution.wait)


@pytest.mark.criterion(points=1, after="recovers shares")
def test_wraps(distribution: Distribution) -> None:
    """With more users than owners the owners start again: each user gets one, and none is left out."""
    sharing.require_wrap(distribution.wait)


@pytest.mark.criterion(points=2, after="shares")
def test_reclaims(distribution: Distribution) -> None:
    """When a worker is killed, its owners are free again within 10 s of the master missing it, and go to others."""
    sharing.require_reclaimed(distribution.loss)
