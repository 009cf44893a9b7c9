"""The seed: the owners, pets and visits of a new shop, and a function that inserts such rows into the tables."""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple


class Owner(NamedTuple):
    """Somebody who may have pets."""

    id: int
    name: str


class Visit(NamedTuple):
    """A pet was brought to the shop's vet: `date` is YYYY-MM-DD."""

    date: str
    reason: str


class SeedPet(NamedTuple):
    """A pet with its owner and its visits; without an `id` it gets the next free one."""

    name: str
    category: str
    owner_id: int | None = None
    visits: tuple[Visit, ...] = ()
    id: int | None = None


CHECK_UP: Final = "check-up"
VACCINATION: Final = "vaccination"

# The sample file of stage 05 lists the same owners in the same order; the ids are unsorted and have gaps.
OWNERS: Final = (
    Owner(407, "Maya Okafor"),
    Owner(112, "Søren Kjær"),
    Owner(9031, "Hartmann, Elke"),
    Owner(58, "Ravi Subramaniam"),
    Owner(2750, "Zoë van der Berg"),
    Owner(613, "Li Wei"),
    Owner(34, "O'Connell, Niamh"),
    Owner(5188, "José Núñez"),
    Owner(871, "Amélie Dubois"),
    Owner(229, "Tomasz Wójcik"),
    Owner(7402, "Grace Adeyemi"),
    Owner(96, "Smith, John, Jr."),
    Owner(3316, "Юлия Соколова"),
    Owner(540, "Fatima Al-Sayed"),
    Owner(1807, "山田 花子"),
    Owner(17, "Åsa Lindström"),
    Owner(6629, "Marco Bianchi"),
    Owner(305, "Nguyễn Thị Lan"),
    Owner(4093, "Dr. Ada Whitfield"),
    Owner(760, "Björk, Þóra"),
)
PETS: Final = (
    SeedPet("Bella", "dog"),
    SeedPet("Milo", "cat"),
    SeedPet("Kiwi", "bird"),
    SeedPet("Bubbles", "fish"),
    SeedPet("Clover", "rabbit"),
    SeedPet("Nacho", "hamster"),
    SeedPet("Shelly", "turtle"),
    SeedPet("Rex", "dog"),
    # From here on each pet has an owner. The pets of an owner are not adjacent, so nobody can guess one id from
    # another.
    SeedPet("Luna", "cat", 34, (Visit("2025-03-04", VACCINATION), Visit("2025-09-18", CHECK_UP))),
    SeedPet("Oskar", "dog", 9031, (Visit("2025-01-20", VACCINATION),)),
    SeedPet("Pepper", "dog", 7402, (Visit("2025-02-11", "lame, left hind leg"), Visit("2025-02-25", CHECK_UP))),
    SeedPet("Coco", "parrot", 407),
    SeedPet("Simba", "cat", 7402, (Visit("2025-06-02", "neutering"),)),
    SeedPet("Fleur", "rabbit", 871, (Visit("2025-04-14", "teeth"), Visit("2025-08-01", "teeth"))),
    SeedPet("Momo", "guinea pig", 1807, (Visit("2025-07-07", CHECK_UP),)),
    SeedPet("Rocky", "turtle", 96),
    SeedPet("Tiger", "cat", 34, (Visit("2025-05-29", "bite from a dog"),)),
    SeedPet("Duchess", "cat", 7402, (Visit("2025-03-17", VACCINATION),)),
    SeedPet("Pablo", "lizard", 5188),
    SeedPet("Freya", "dog", 17, (Visit("2025-10-06", VACCINATION),)),
    SeedPet("Hugo", "hamster", 2750, (Visit("2025-11-12", CHECK_UP),)),
    SeedPet("Smokey", "ferret", 7402),
    SeedPet("Nemo", "fish", 613),
    SeedPet("Dory", "fish", 613),
    SeedPet(
        "Biscuit",
        "dog",
        4093,
        (Visit("2025-01-09", CHECK_UP), Visit("2025-04-10", CHECK_UP), Visit("2025-07-11", "ear")),
    ),
    SeedPet("Whiskers", "cat", 34, (Visit("2025-02-02", VACCINATION),)),
    SeedPet("Kaa", "snake", 229, (Visit("2025-08-20", "does not eat"),)),
    SeedPet("Marley", "dog", 7402, (Visit("2025-05-05", VACCINATION), Visit("2025-12-01", "thorn in a paw"))),
    SeedPet("Gizmo", "mouse", 407),
    SeedPet("Tosca", "bird", 6629, (Visit("2025-09-09", "wing"),)),
    SeedPet("Shadow", "cat", 34),
    SeedPet("Ziggy", "frog", 2750),
    SeedPet("Hazel", "rabbit", 7402),
    SeedPet("Bruno", "dog", 96, (Visit("2025-06-30", "ate a sock"),)),
    SeedPet("Mitzi", "cat", 9031, (Visit("2025-10-23", CHECK_UP),)),
    SeedPet("Poppy", "guinea pig", 34),
)


def insert(connection: sqlite3.Connection, owners: Iterable[Owner], pets: Iterable[SeedPet]) -> None:
    """Add the rows, within the transaction that the caller has begun.

    Raises:
        sqlite3.IntegrityError: an id is taken.
    """
    connection.executemany("INSERT INTO owners (id, name) VALUES (?, ?)", owners)
    for pet in pets:
        values = (pet.id, pet.name, pet.category)
        pet_id = connection.execute("INSERT INTO pets (id, name, category) VALUES (?, ?, ?)", values).lastrowid
        if pet.owner_id is not None:
            connection.execute("INSERT INTO ownership (pet_id, owner_id) VALUES (?, ?)", (pet_id, pet.owner_id))
        visits = [(pet_id, visit.date, visit.reason) for visit in pet.visits]
        connection.executemany("INSERT INTO visits (pet_id, date, reason) VALUES (?, ?, ?)", visits)
