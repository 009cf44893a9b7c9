"""Owners: which pets they have, when a pet saw the vet, and how to fill a shop with other owners."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from flask import Blueprint, Response, jsonify

from . import pets, seed
from .db import connect, get_db
from .errors import Refusal

blueprint = Blueprint("owners", __name__)


@blueprint.get("/owners")
def index() -> Response:
    """List every owner, by id."""
    rows = get_db().execute("SELECT id, name FROM owners ORDER BY id")
    return jsonify([seed.Owner(*row)._asdict() for row in rows])


@blueprint.get("/owners/<owner_id>")
def show(owner_id: str) -> Response:
    """Show one owner, or 404."""
    return jsonify(find(owner_id)._asdict())


@blueprint.get("/owners/<owner_id>/pets")
def show_pets(owner_id: str) -> Response:
    """List the owner's pets, oldest first; an empty list for an owner without pets, 404 for an unknown owner."""
    query = "SELECT id, name, category FROM ownership JOIN pets ON id = pet_id WHERE owner_id = ? ORDER BY id"
    rows = get_db().execute(query, (find(owner_id).id,))
    return jsonify([pets.Pet(*row)._asdict() for row in rows])


@blueprint.get("/pets/<pet_id>/visits")
def show_visits(pet_id: str) -> Response:
    """List the pet's visits to the vet, in the order of their dates; 404 for an unknown pet."""
    query = "SELECT id, date, reason FROM visits WHERE pet_id = ? ORDER BY date, id"
    rows = get_db().execute(query, (pets.find(pet_id).id,))
    return jsonify([{"id": visit_id, "date": date, "reason": reason} for visit_id, date, reason in rows])


def find(owner_id: str) -> seed.Owner:
    """Return the owner of this id.

    Raises:
        Refusal: 404, OWNER_NOT_FOUND.
    """
    row = get_db().execute("SELECT id, name FROM owners WHERE id = ?", (pets.read_id(owner_id),)).fetchone()
    if row is None:
        raise Refusal(404, "OWNER_NOT_FOUND", "No owner has this id. GET /owners lists the owners.")
    return seed.Owner(*row)


def replace_owners(database: Path, owners: Iterable[seed.Owner], new_pets: Iterable[seed.SeedPet]) -> None:
    """Put these owners, pets and visits into the shop's file; the next request sees all of them at once.

    The previous owners, their pets and all visits are removed. Pets without an owner stay.
    No HTTP route does this; it is for the program that serves the shop. `database` is the app's config["DATABASE"].

    Raises:
        sqlite3.Error: an id is used twice, or a pet's owner isn't among the owners; the file stays as it was.
    """
    with closing(connect(database)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN IMMEDIATE")
        owned = [row[:1] for row in connection.execute("SELECT pet_id FROM ownership")]
        for table in ("visits", "ownership", "owners"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  (our own three words)
        connection.executemany("DELETE FROM pets WHERE id = ?", owned)
        seed.insert(connection, owners, new_pets)
        connection.execute("COMMIT")
