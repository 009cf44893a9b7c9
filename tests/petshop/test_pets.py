"""The JSON routes, the error shape, the visitor cookie and the contract, at WSGI level."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from petshop_app import create_app, db, errors, pets

REX = {"name": "Rex", "category": "dog"}
BAD_PETS: dict[str, tuple[object, str]] = {
    "a name of spaces": ({"name": "  ", "category": "dog"}, "INVALID_NAME"),
    "an empty name": ({"name": "", "category": "dog"}, "INVALID_NAME"),
    "no name": ({"category": "dog"}, "INVALID_NAME"),
    "101 characters": ({"name": "x" * 101, "category": "dog"}, "INVALID_NAME"),
    "a name that is a number": ({"name": 7, "category": "dog"}, "INVALID_NAME"),
    "a name that is null": ({"name": None, "category": "dog"}, "INVALID_NAME"),
    "a name that is a list": ({"name": ["Rex"], "category": "dog"}, "INVALID_NAME"),
    "a NUL in the name": ({"name": "Re\0x", "category": "dog"}, "INVALID_NAME"),
    "a line break in the name": ({"name": "Re\nx", "category": "dog"}, "INVALID_NAME"),
    "a lone surrogate in the name": ({"name": "Rex \ud800", "category": "dog"}, "INVALID_NAME"),
    "an unknown category": ({"name": "Rex", "category": "dragon"}, "UNKNOWN_CATEGORY"),
    "no category": ({"name": "Rex"}, "UNKNOWN_CATEGORY"),
    "a category that is a list": ({"name": "Rex", "category": ["dog"]}, "UNKNOWN_CATEGORY"),
    "a lone surrogate as category": ({"name": "Rex", "category": "\udfff"}, "UNKNOWN_CATEGORY"),
    "a list": ([REX], "INVALID_JSON"),
    "a number": (3, "INVALID_JSON"),
}
BAD_BODIES = {
    "nothing": b"",
    "null": b"null",
    "half an object": b'{"name": "Rex"',
    "bytes that are no text": b'{"name": "\xff\xfe", "category": "dog"}',
    "ten thousand brackets": b"[" * 10_000,
    "a number of ten thousand digits": b'{"name": "Rex", "category": ' + b"9" * 10_000 + b"}",
}
ABSURD_IDS = ["0", "-1", "1.5", "rex", str(2**63), str(10**30), "9" * 6000, "%00", "%F0%9F", "%D9%A1", "1%20", "1/"]
EVERY_ROUTE = [
    ("GET", "/", 200),
    ("GET", "/pets", 200),
    ("GET", "/health", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/static/style.css", 200),
    ("POST", "/pets", 415),
    ("GET", "/pets/1", 404),
    ("GET", "/nowhere", 404),
    ("DELETE", "/pets", 405),
]


def refusal(response: TestResponse) -> tuple[int, str]:
    """Return status and code of an error, which has the one shape."""
    assert response.mimetype == "application/json"
    error = response.json["error"] if response.json else {}
    assert set(error) == {"code", "message"}
    assert len(error["message"]) > 10
    return response.status_code, error["code"]


def contract() -> Any:
    return json.loads(Path(pets.__file__).with_name("openapi.json").read_text())


def test_a_new_pet_is_answered_with_its_id_and_its_address(client: FlaskClient) -> None:
    answer = client.post("/pets", json=REX)
    assert answer.status_code == 201
    assert answer.json == {"id": 1, "name": "Rex", "category": "dog"}
    assert client.get(answer.headers["Location"]).json == answer.json


def test_the_list_holds_every_pet_oldest_first(client: FlaskClient) -> None:
    assert client.get("/pets").json == []
    for name in ("Rex", "Tom", "Rex"):
        client.post("/pets", json={"name": name, "category": "cat"})
    assert [(pet["id"], pet["name"]) for pet in client.get("/pets").json or ()] == [(1, "Rex"), (2, "Tom"), (3, "Rex")]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"name": "  Rex\n", "category": " DoG "}, ("Rex", "dog")),
        ({"name": "x" * 100, "category": "GUINEA PIG"}, ("x" * 100, "guinea pig")),
        ({"name": "Zoë \N{DOG FACE}", "category": "other", "colour": "red"}, ("Zoë \N{DOG FACE}", "other")),
        ({"name": "'); DROP TABLE pets; --", "category": "snake"}, ("'); DROP TABLE pets; --", "snake")),
    ],
)
def test_a_pet_is_stored_as_the_rules_say(client: FlaskClient, sent: object, stored: tuple[str, str]) -> None:
    pet = client.post("/pets", json=sent).get_json()
    assert (pet["name"], pet["category"]) == stored
    assert client.get("/pets").json == [pet]


@pytest.mark.parametrize(("sent", "code"), BAD_PETS.values(), ids=BAD_PETS)
def test_a_bad_pet_is_refused_and_nothing_changes(client: FlaskClient, sent: object, code: str) -> None:
    assert refusal(client.post("/pets", json=sent)) == (400, code)
    assert client.get("/pets").json == []


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_not_json_is_refused(client: FlaskClient, body: bytes) -> None:
    assert refusal(client.post("/pets", data=body, content_type="application/json")) == (400, "INVALID_JSON")


def test_the_refusal_of_an_unknown_category_lists_those_that_there_are(client: FlaskClient) -> None:
    answer = client.post("/pets", json={"name": "Rex", "category": "dragon"}).get_data(as_text=True)
    assert all(category in answer for category in pets.CATEGORIES)


def test_a_body_that_is_not_declared_to_be_json_is_refused(client: FlaskClient) -> None:
    assert refusal(client.post("/pets", data=json.dumps(REX))) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert refusal(client.post("/pets", data=REX)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert client.get("/pets").json == []


def test_a_body_above_16_kib_is_refused(client: FlaskClient) -> None:
    fits = json.dumps(REX).ljust(16 * 1024)
    assert client.post("/pets", data=fits, content_type="application/json").status_code == 201
    answer = client.post("/pets", data=fits + " ", content_type="application/json")
    assert refusal(answer) == (413, "REQUEST_ENTITY_TOO_LARGE")


@pytest.mark.parametrize("pet_id", ABSURD_IDS, ids=lambda pet_id: pet_id[:20])
def test_an_id_that_no_pet_has_is_404(client: FlaskClient, pet_id: str) -> None:
    client.post("/pets", json=REX)
    assert refusal(client.get(f"/pets/{pet_id}"))[0] == 404


@pytest.mark.parametrize("path", ["/pets/", "/pets//1", "/static/%00", "/static/../app.py", "/%FF"])
def test_an_unknown_path_is_404(client: FlaskClient, path: str) -> None:
    assert refusal(client.get(path)) == (404, "NOT_FOUND")


def test_a_wrong_method_is_405_and_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.put("/pets", json=REX)
    assert refusal(answer) == (405, "METHOD_NOT_ALLOWED")
    assert set(answer.allow) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_crash_has_the_one_shape_too(app: Flask) -> None:
    app.config["TESTING"] = False
    app.add_url_rule("/crash", view_func=lambda: str(1 / 0))
    assert refusal(app.test_client().get("/crash")) == (500, "INTERNAL_SERVER_ERROR")


def test_a_host_that_is_none_is_not_a_crash(client: FlaskClient) -> None:
    for host in ("a b", "[::1", "x" * 300, "a..b", "ä", "%"):
        assert client.get("/health", headers={"Host": host}).status_code < 500


@pytest.mark.parametrize(("method", "path", "status"), EVERY_ROUTE)
def test_every_answer_names_a_visitor_who_has_no_name(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method, buffered=True)
    assert answer.status_code == status
    assert re.fullmatch(r"visitor=[0-9a-f]{32}; HttpOnly; Path=/; SameSite=Lax", answer.headers["Set-Cookie"])


def test_a_visitor_keeps_the_name_and_no_two_share_one(app: Flask) -> None:
    first, second = app.test_client(), app.test_client()
    names = {first.get("/").headers["Set-Cookie"], second.get("/").headers["Set-Cookie"]}
    assert len(names) == 2
    assert "Set-Cookie" not in first.post("/pets", json=REX).headers
    assert "Set-Cookie" not in first.get("/nowhere").headers


def test_a_new_shop_has_some_pets_and_keeps_what_became_of_them(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on the way" / "shop.sqlite3"
    first = create_app({"DATABASE": str(path)})
    assert len(first.test_client().get("/pets").json or ()) == len(db.SEED_PETS)
    first.test_client().post("/pets", json=REX)
    again = create_app({"DATABASE": str(path)})
    assert len(again.test_client().get("/pets").json or ()) == len(db.SEED_PETS) + 1
    for app in (first, again):
        app.extensions["petshop_db"]()


def test_shops_in_one_process_share_nothing(tmp_path: Path) -> None:
    shops = [create_app({"DATABASE": tmp_path / name, "SEED": False}) for name in ("one", "other")]
    shops[0].test_client().post("/pets", json=REX)
    assert [len(shop.test_client().get("/pets").json or ()) for shop in shops] == [1, 0]
    for shop in shops:
        shop.extensions["petshop_db"]()


def test_shops_that_start_together_on_one_new_file_fill_it_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        shops = list(pool.map(create_app, [{"DATABASE": tmp_path / "shop.sqlite3"}] * 8))
    assert len(shops[0].test_client().get("/pets").json or ()) == len(db.SEED_PETS)
    for shop in shops:
        shop.extensions["petshop_db"]()


def test_the_contract_lists_the_routes_that_there_are_and_no_other(app: Flask) -> None:
    routes = {
        (re.sub("<(pet|owner)_id>", r"{\1Id}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert routes == {(path, method) for path, item in contract()["paths"].items() for method in item}


def test_the_contract_and_the_shop_mean_the_same_by_a_category() -> None:
    assert contract()["components"]["schemas"]["Category"]["enum"] == list(pets.CATEGORIES)


def test_the_contract_and_the_shop_mean_the_same_by_a_name() -> None:
    promised = re.compile(contract()["components"]["schemas"]["NewPet"]["properties"]["name"]["pattern"])
    characters = [chr(point) for point in range(0x10000) if not 0xD800 <= point <= 0xDFFF]
    names = [name for character in characters for name in (character, f"a{character}b", f"{character}a{character}")]
    names += ["", " ", "x" * 100, "x" * 101, " " * 9 + "x" * 100 + "\n", "a" + " " * 98 + "b", "a" + " " * 99 + "b"]
    for name in names:
        assert bool(promised.search(name)) == accepts(name), ascii(name)


def accepts(name: str) -> bool:
    """Whether the shop takes this name."""
    try:
        pets.valid_name(name)
    except errors.Refusal:
        return False
    return True
