"""Owners, their pets and the pets' visits: routes, refusals, older files, and filling a shop with other owners."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from petshop_app import create_app, owners, seed
from petshop_app.seed import Owner, SeedPet, Visit

REX = {"name": "Rex", "category": "dog"}
ABSURD_IDS = ["0", "-1", "1.5", "rex", "35", str(2**63), str(10**30), "9" * 6000, "%00", "%F0%9F", "%D9%A1", "34%20"]
OWNED = [pet for pet in seed.PETS if pet.owner_id is not None]
OTHER_OWNERS = (Owner(77, "Ng, Kim"), Owner(5, "Ole"))
OTHER_PETS = (
    SeedPet("Tom", "cat", 77, (Visit("2025-05-02", "teeth"), Visit("2025-05-01", "ear")), id=900),
    SeedPet("Rex", "dog", 77, id=31),
)


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[FlaskClient]:
    """Return a client of a new shop."""
    app = create_app({"DATABASE": tmp_path / "seeded.sqlite3", "TESTING": True})
    yield app.test_client()
    app.extensions["petshop_db"]()


def get(client: FlaskClient, path: str) -> Any:
    """Return the JSON of an answer that is 200."""
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json"), path
    return answer.json


def everything(client: FlaskClient) -> dict[str, Any]:
    """Return everything that the shop says about owners, pets and visits, by path."""
    paths = ["/owners", "/pets"]
    paths += [f"/owners/{owner['id']}/pets" for owner in get(client, "/owners")]
    paths += [f"/pets/{pet['id']}/visits" for pet in get(client, "/pets")]
    return {path: get(client, path) for path in paths}


def old_file(path: Path) -> None:
    """Make a file as the shop made it before it had owners, with two pets."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "CREATE TABLE pets (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, category TEXT NOT NULL)"
        )
        connection.execute("INSERT INTO pets VALUES (1, 'Bella', 'dog'), (40, 'Mine', 'cat')")
        connection.execute("PRAGMA user_version = 1")


def test_the_seed_shows_all_that_may_come() -> None:
    ids, names = zip(*seed.OWNERS, strict=True)
    assert len(set(ids)) == len(ids) >= 20
    assert list(ids) != sorted(ids) != list(range(min(ids), max(ids) + 1))
    assert any("," in name for name in names)
    assert not all(name.isascii() for name in names)
    pets_of = Counter(pet.owner_id for pet in OWNED)
    assert pets_of.keys() < set(ids)
    assert {1, 2} < set(pets_of.values())
    assert max(pets_of.values()) >= 4
    assert len(OWNED) < len(seed.PETS)
    assert {0, 1, 2} <= {len(pet.visits) for pet in OWNED}
    assert [date.fromisoformat(visit.date) for pet in OWNED for visit in pet.visits]


def test_owners_are_listed_by_id_and_shown_one_by_one(seeded: FlaskClient) -> None:
    listed = get(seeded, "/owners")
    assert listed == [{"id": number, "name": name} for number, name in sorted(seed.OWNERS)]
    for owner in listed:
        assert get(seeded, f"/owners/{owner['id']}") == owner


def test_each_owner_has_the_pets_that_the_seed_says_and_nobody_elses(seeded: FlaskClient) -> None:
    all_pets = get(seeded, "/pets")
    seen = []
    for owner in seed.OWNERS:
        listed = get(seeded, f"/owners/{owner.id}/pets")
        assert [pet["name"] for pet in listed] == [pet.name for pet in seed.PETS if pet.owner_id == owner.id]
        assert all(pet in all_pets for pet in listed)
        seen += [pet["id"] for pet in listed]
    assert len(seen) == len(set(seen)) == len(OWNED)


def test_each_pet_has_its_visits(seeded: FlaskClient) -> None:
    ids = []
    for pet, listed in zip(seed.PETS, get(seeded, "/pets"), strict=True):
        visits = get(seeded, f"/pets/{listed['id']}/visits")
        assert [(visit["date"], visit["reason"]) for visit in visits] == list(pet.visits)
        assert all(list(visit) == ["id", "date", "reason"] for visit in visits)
        ids += [visit["id"] for visit in visits]
    assert len(ids) == len(set(ids))


def test_a_pet_that_a_visitor_adds_has_no_owner_and_no_visits(seeded: FlaskClient) -> None:
    before = everything(seeded)
    posted = seeded.post("/pets", json=REX).get_json()
    seeded.post("/", data=REX)
    by_form = get(seeded, "/pets")[-1]
    assert by_form["id"] == posted["id"] + 1
    after = everything(seeded)
    assert [after.pop(f"/pets/{pet['id']}/visits") for pet in (posted, by_form)] == [[], []]
    assert after.pop("/pets") == [*before.pop("/pets"), posted, by_form]
    assert after == before


@pytest.mark.parametrize("unknown", ABSURD_IDS, ids=lambda unknown: unknown[:20])
@pytest.mark.parametrize("path", ["/owners/{}", "/owners/{}/pets", "/pets/{}/visits"])
def test_an_id_that_nobody_has_is_404(seeded: FlaskClient, path: str, unknown: str) -> None:
    number = "999" if (path, unknown) == ("/pets/{}/visits", "35") else unknown
    answer = seeded.get(path.format(number))
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]["code"] == ("PET_NOT_FOUND" if path.startswith("/pets") else "OWNER_NOT_FOUND")


@pytest.mark.parametrize("path", ["/owners", "/owners/34", "/owners/34/pets", "/pets/1/visits"])
def test_owners_are_for_reading(seeded: FlaskClient, path: str) -> None:
    answer = seeded.post(path, json=REX)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_a_file_of_an_earlier_shop_keeps_its_pets_and_gets_the_owners_once(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite3"
    old_file(path)
    for _ in range(2):
        app = create_app({"DATABASE": path})
        client = app.test_client()
        pets = get(client, "/pets")
        assert [(pet["id"], pet["name"]) for pet in pets[:2]] == [(1, "Bella"), (40, "Mine")]
        assert [pet["name"] for pet in pets[2:]] == [pet.name for pet in OWNED]
        assert len(get(client, "/owners")) == len(seed.OWNERS)
        assert get(client, f"/owners/{OWNED[0].owner_id}/pets")[0] == pets[2]
        app.extensions["petshop_db"]()


def test_a_file_of_an_earlier_shop_gets_empty_tables_where_no_seed_is_wanted(tmp_path: Path) -> None:
    old_file(tmp_path / "shop.sqlite3")
    app = create_app({"DATABASE": tmp_path / "shop.sqlite3", "SEED": False})
    client = app.test_client()
    assert get(client, "/owners") == get(client, "/pets/40/visits") == []
    assert [pet["id"] for pet in get(client, "/pets")] == [1, 40]
    app.extensions["petshop_db"]()


def test_shops_that_start_together_on_one_old_file_add_the_owners_once(tmp_path: Path) -> None:
    old_file(tmp_path / "shop.sqlite3")
    with ThreadPoolExecutor(8) as pool:
        shops = list(pool.map(create_app, [{"DATABASE": tmp_path / "shop.sqlite3"}] * 8))
    assert len(get(shops[0].test_client(), "/pets")) == 2 + len(OWNED)
    for shop in shops:
        shop.extensions["petshop_db"]()


def test_the_file_of_another_program_gets_no_table_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pets (size INTEGER)")
    with pytest.raises(sqlite3.OperationalError):
        create_app({"DATABASE": path})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("pets",)]


def test_a_shop_can_be_filled_with_other_owners(app: Flask, client: FlaskClient) -> None:
    stray = client.post("/pets", json=REX).get_json()
    owners.replace_owners(app.config["DATABASE"], seed.OWNERS, OWNED)
    owners.replace_owners(app.config["DATABASE"], OTHER_OWNERS, OTHER_PETS)
    rex, tom = {"id": 31, **REX}, {"id": 900, "name": "Tom", "category": "cat"}
    shop = everything(client)
    assert [visit.pop("id") for visit in shop["/pets/900/visits"]] == [2, 1]
    assert shop == {
        "/owners": [{"id": 5, "name": "Ole"}, {"id": 77, "name": "Ng, Kim"}],
        "/owners/5/pets": [],
        "/owners/77/pets": [rex, tom],
        "/pets": [stray, rex, tom],
        f"/pets/{stray['id']}/visits": [],
        "/pets/31/visits": [],
        "/pets/900/visits": [{"date": "2025-05-01", "reason": "ear"}, {"date": "2025-05-02", "reason": "teeth"}],
    }


@pytest.mark.parametrize(
    ("new_owners", "new_pets"),
    [
        ((Owner(1, "Ole"), Owner(1, "Eva")), ()),
        ((Owner(1, "Ole"),), (SeedPet("Rex", "dog", 2),)),
        ((Owner(1, "Ole"),), (SeedPet("Rex", "dog", 1, id=5), SeedPet("Tom", "cat", 1, id=5))),
    ],
    ids=["an owner twice", "a pet of nobody known", "a pet twice"],
)
def test_owners_that_contradict_each_other_change_nothing(
    app: Flask, client: FlaskClient, new_owners: tuple[Owner, ...], new_pets: tuple[SeedPet, ...]
) -> None:
    owners.replace_owners(app.config["DATABASE"], OTHER_OWNERS, OTHER_PETS)
    before = everything(client)
    with pytest.raises(sqlite3.IntegrityError):
        owners.replace_owners(app.config["DATABASE"], new_owners, new_pets)
    assert everything(client) == before


def test_a_request_meets_the_old_owners_or_the_new_ones(app: Flask) -> None:
    def replace(number: int) -> None:
        people = [Owner(id_, f"set {number}") for id_ in range(1, 6 + number)]
        owners.replace_owners(app.config["DATABASE"], people, [SeedPet("Rex", "dog", owner.id) for owner in people])

    def look(_number: int) -> Counter[str]:
        return Counter(owner["name"] for owner in get(app.test_client(), "/owners"))

    replace(0)
    with ThreadPoolExecutor(4) as pool:
        looks = pool.map(look, range(200))
        for number in range(1, 30):
            replace(number)
        for names in looks:
            ((name, count),) = names.items()
            assert count == 5 + int(name.removeprefix("set "))
