"""The pet shop of stages 05 and 06: the data file holds owners, pets belong to them, and visits are the details."""

from contextlib import AbstractContextManager
from functools import partial
from itertools import permutations

from checks.judging.data.dataset import Api, DataFile, Dataset
from checks.judging.data.model import Form, Questions
from checks.lab.lab import Lab
from checks.lab.target.middleware.faults import Choice
from checks.lab.target.peers import Peers
from checks.lab.target.server import Target
from petshop_app.owners import replace_owners
from petshop_app.seed import CHECK_UP, OWNERS, Owner, SeedPet, Visit

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


def serve(
    lab: Lab, dataset: Dataset, answers: Choice | None = None, peers: Peers | None = None
) -> AbstractContextManager[Target]:
    """Serve a pet shop whose owners are the data set's holders, and whose pets are their things."""
    owners = [Owner(row.id, row.name) for row in dataset.holders]
    visits = (Visit("2025-01-20", CHECK_UP),)
    pets = [SeedPet("Pet", "dog", owner, visits, id) for owner, ids in dataset.things.items() for id in ids]
    return lab.petshop(answers, peers=peers, seed=partial(replace_owners, owners=owners, new_pets=pets))


API = Api(QUESTIONS, DataFile("owners", "owner_id", [*NAMES, *MORE_NAMES]), serve)
