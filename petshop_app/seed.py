"""The seed: the owners, pets and visits that a new shop starts with; and how such rows get into the tables."""

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


class Pet(NamedTuple):
    """A pet with what belongs to it; without an `id` it gets the next one that is free."""

    name: str
    category: str
    owner_id: int | None = None
    visits: tuple[Visit, ...] = ()
    id: int | None = None


CHECK_UP: Final = "check-up"
VACCINATION: Final = "vaccination"

# The sample file of stage 05 lists the same owners in the same order: no order of the ids, and gaps between them.
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
    Pet("Bella", "dog"),
    Pet("Milo", "cat"),
    Pet("Kiwi", "bird"),
    Pet("Bubbles", "fish"),
    Pet("Clover", "rabbit"),
    Pet("Nacho", "hamster"),
    Pet("Shelly", "turtle"),
    Pet("Rex", "dog"),
    # From here on each has an owner; those of one owner stand apart: nobody can guess an id from another.
    Pet("Luna", "cat", 34, (Visit("2025-03-04", VACCINATION), Visit("2025-09-18", CHECK_UP))),
    Pet("Oskar", "dog", 9031, (Visit("2025-01-20", VACCINATION),)),
    Pet("Pepper", "dog", 7402, (Visit("2025-02-11", "lame, left hind leg"), Visit("2025-02-25", CHECK_UP))),
    Pet("Coco", "parrot", 407),
    Pet("Simba", "cat", 7402, (Visit("2025-06-02", "neutering"),)),
    Pet("Fleur", "rabbit", 871, (Visit("2025-04-14", "teeth"), Visit("2025-08-01", "teeth"))),
    Pet("Momo", "guinea pig", 1807, (Visit("2025-07-07", CHECK_UP),)),
    Pet("Rocky", "turtle", 96),
    Pet("Tiger", "cat", 34, (Visit("2025-05-29", "bite from a dog"),)),
    Pet("Duchess", "cat", 7402, (Visit("2025-03-17", VACCINATION),)),
    Pet("Pablo", "lizard", 5188),
    Pet("Freya", "dog", 17, (Visit("2025-10-06", VACCINATION),)),
    Pet("Hugo", "hamster", 2750, (Visit("2025-11-12", CHECK_UP),)),
    Pet("Smokey", "ferret", 7402),
    Pet("Nemo", "fish", 613),
    Pet("Dory", "fish", 613),
    Pet(
        "Biscuit",
        "dog",
        4093,
        (Visit("2025-01-09", CHECK_UP), Visit("2025-04-10", CHECK_UP), Visit("2025-07-11", "ear")),
    ),
    Pet("Whiskers", "cat", 34, (Visit("2025-02-02", VACCINATION),)),
    Pet("Kaa", "snake", 229, (Visit("2025-08-20", "does not eat"),)),
    Pet("Marley", "dog", 7402, (Visit("2025-05-05", VACCINATION), Visit("2025-12-01", "thorn in a paw"))),
    Pet("Gizmo", "mouse", 407),
    Pet("Tosca", "bird", 6629, (Visit("2025-09-09", "wing"),)),
    Pet("Shadow", "cat", 34),
    Pet("Ziggy", "frog", 2750),
    Pet("Hazel", "rabbit", 7402),
    Pet("Bruno", "dog", 96, (Visit("2025-06-30", "ate a sock"),)),
    Pet("Mitzi", "cat", 9031, (Visit("2025-10-23", CHECK_UP),)),
    Pet("Poppy", "guinea pig", 34),
)


def insert(connection: sqlite3.Connection, owners: Iterable[Owner], pets: Iterable[Pet]) -> None:
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
