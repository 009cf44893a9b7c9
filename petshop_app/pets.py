"""Pets: what a pet is, and the JSON routes that add, list and show them."""

import json
import unicodedata
from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.exceptions import UnsupportedMediaType

from .db import get_db
from .errors import Refusal

blueprint = Blueprint("pets", __name__, url_prefix="/pets")

MAX_NAME_LENGTH: Final = 100
CATEGORIES: Final = (
    "dog",
    "cat",
    "bird",
    "fish",
    "rabbit",
    "hamster",
    "guinea pig",
    "mouse",
    "ferret",
    "parrot",
    "turtle",
    "lizard",
    "snake",
    "frog",
    "horse",
    "other",
)
# Control characters, lone surrogates (UTF-8 and therefore SQLite can't hold them), line and paragraph separators.
UNWRITABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
MAX_ID_DIGITS: Final = 18  # SQLite's integers end at 2**63 - 1, which has 19


class Pet(NamedTuple):
    """One row of the pets table."""

    id: int
    name: str
    category: str


@blueprint.post("")
def add() -> tuple[Response, int, dict[str, str]]:
    """Add the pet of the JSON body: 201, the pet and its address."""
    fields = json_object()
    name = valid_name(fields.get("name"))
    pet = insert(name, valid_category(fields.get("category")))
    return jsonify(pet._asdict()), 201, {"Location": url_for("pets.show", pet_id=pet.id)}


@blueprint.get("")
def index() -> Response:
    """List every pet, oldest first."""
    return jsonify([pet._asdict() for pet in every_pet()])


@blueprint.get("/<pet_id>")
def show(pet_id: str) -> Response:
    """Show one pet, or 404."""
    return jsonify(find(pet_id)._asdict())


def find(pet_id: str) -> Pet:
    """Return the pet of this id.

    Raises:
        Refusal: 404, PET_NOT_FOUND.
    """
    row = get_db().execute("SELECT id, name, category FROM pets WHERE id = ?", (read_id(pet_id),)).fetchone()
    if row is None:
        raise Refusal(404, "PET_NOT_FOUND", "No pet has this id. GET /pets lists the pets.")
    return Pet(*row)


def read_id(text: str) -> int | None:
    """Return the id that a path names, or None, which no row has; None also if SQLite could not hold the number."""
    # Not Flask's int converter: Python refuses to read 5000 digits, which would make the answer a 500.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS else None


def every_pet() -> list[Pet]:
    """Return all pets, oldest first."""
    return list(map(Pet._make, get_db().execute("SELECT id, name, category FROM pets ORDER BY id")))


def insert(name: str, category: str) -> Pet:
    """Store a pet and return it with its id; once this returns, the pet outlives the process."""
    cursor = get_db().execute("INSERT INTO pets (name, category) VALUES (?, ?)", (name, category))
    assert cursor.lastrowid is not None  # noqa: S101  (an INSERT has one: this is for the type checker)
    return Pet(cursor.lastrowid, name, category)


def valid_name(value: object) -> str:
    """Return the name without the white space around it.

    Raises:
        Refusal: INVALID_NAME, with the broken rule.
    """
    if not isinstance(value, str):
        raise Refusal(400, "INVALID_NAME", "Give the pet a name: a text of 1 to 100 characters.")
    name = value.strip()
    if not name:
        raise Refusal(400, "INVALID_NAME", "Give the pet a name; this one is empty.")
    if len(name) > MAX_NAME_LENGTH:
        raise Refusal(400, "INVALID_NAME", f"Keep the name to {MAX_NAME_LENGTH} characters; this one has {len(name)}.")
    if any(unicodedata.category(character) in UNWRITABLE for character in name):
        raise Refusal(400, "INVALID_NAME", "Use letters, digits and signs; the name holds a control character.")
    return name


def valid_category(value: object) -> str:
    """Return the category in lower case.

    Raises:
        Refusal: UNKNOWN_CATEGORY, with the known categories.
    """
    category = value.strip().lower() if isinstance(value, str) else None
    if category not in CATEGORIES:
        raise Refusal(400, "UNKNOWN_CATEGORY", f"Choose a category from: {', '.join(CATEGORIES)}.")
    return category


def json_object() -> dict[str, Any]:
    """Return the request's JSON object.

    Raises:
        Refusal: INVALID_JSON.
        UnsupportedMediaType: the body isn't declared to be JSON.
    """
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        fields = json.loads(request.get_data())
    except (ValueError, RecursionError):  # 5000 opening brackets exhaust the parser's stack
        raise Refusal(400, "INVALID_JSON", 'The body is not JSON. Send {"name": "Rex", "category": "dog"}.') from None
    if not isinstance(fields, dict):
        raise Refusal(400, "INVALID_JSON", 'Send a JSON object: {"name": "Rex", "category": "dog"}.')
    return fields
