"""The local JSONPlaceholder: the public API's shapes, addresses and habits; and its command line."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from jsonplaceholder_task.api import create_app, generate

from .conftest import ROOT, TASK, WITHIN_S, OpenApi

# As https://jsonplaceholder.typicode.com has them, in its order.
POST = ["userId", "id", "title", "body"]
COMMENT = ["postId", "id", "name", "email", "body"]
USER = ["id", "name", "username", "email", "address", "phone", "website", "company"]
ABSURD_IDS = ["0", "-1", "01", "101", "1.5", "x", "9" * 6000, "%00", "%F0%9F", "%D9%A1", "1%20"]
BAD_BODIES = [b"{", b"null", b"[1]", b"3", b"\xff", b"[" * 10_000, b'{"a": ' + b"9" * 10_000 + b"}"]


def get(client: FlaskClient, path: str) -> Any:
    """Return the JSON of an answer that is 200."""
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/json"), path
    return answer.json


def ids(items: list[dict[str, Any]]) -> list[int]:
    return [item["id"] for item in items]


def test_there_are_10_users_with_10_posts_each_and_5_comments_below_each_post(client: FlaskClient) -> None:
    assert ids(get(client, "/users")) == list(range(1, 11))
    assert ids(get(client, "/posts")) == list(range(1, 101))
    assert ids(get(client, "/comments")) == list(range(1, 501))
    assert all(post["userId"] == (post["id"] + 9) // 10 for post in get(client, "/posts"))
    assert all(comment["postId"] == (comment["id"] + 4) // 5 for comment in get(client, "/comments"))


def test_the_shapes_are_the_public_ones(client: FlaskClient) -> None:
    for path, shape in (("/users", USER), ("/posts", POST), ("/comments", COMMENT)):
        assert {tuple(item) for item in get(client, path)} == {tuple(shape)}
    for user in get(client, "/users"):
        assert list(user["address"]) == ["street", "suite", "city", "zipcode", "geo"]
        assert list(user["address"]["geo"]) == ["lat", "lng"]
        assert list(user["company"]) == ["name", "catchPhrase", "bs"]
    texts = [value for post in get(client, "/posts") for value in (post["title"], post["body"])]
    assert len(set(texts)) == len(texts)


def test_the_data_are_the_same_in_each_run() -> None:
    assert generate() == generate() != generate(2)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/posts?userId=3", range(21, 31)),
        ("/users/3/posts", range(21, 31)),
        ("/posts?userId=3&userId=1", [*range(1, 11), *range(21, 31)]),
        ("/posts?userId=3&id=22&id=1", [22]),
        ("/posts/?userId=3", range(21, 31)),
        ("/posts?id=100", [100]),
        ("/comments?postId=2", range(6, 11)),
        ("/posts/2/comments", range(6, 11)),
        ("/posts/2/comments/?id=7", [7]),
        ("/posts/2/comments?postId=3", range(6, 11)),
        ("/posts?userId=11", []),
        ("/posts?userId=", []),
        ("/posts?userId=01", []),
        ("/users/11/posts", []),
        ("/posts/x/comments", []),
        ("/posts?userid=3", range(1, 101)),  # the public API does not know this field and filters nothing
        ("/posts?userId=3&nosuch=1", range(21, 31)),
    ],
)
def test_filters_and_paths_select(client: FlaskClient, path: str, expected: Any) -> None:
    assert ids(get(client, path)) == list(expected)


@pytest.mark.parametrize("path", ["/posts/7", "/posts/7/"])
def test_one_item_is_an_object(client: FlaskClient, path: str) -> None:
    assert get(client, path) == get(client, "/posts")[6]


@pytest.mark.parametrize("path", ["/nosuch", "/nosuch/1", "/posts/1/nosuch", "/nosuch/1/posts", "/a/b/c/d"])
def test_what_is_not_there_is_404_and_empty(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json) == (404, {})


@pytest.mark.parametrize("item_id", ABSURD_IDS, ids=lambda item_id: item_id[:20])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_id_that_nothing_has_is_404_and_empty(client: FlaskClient, method: str, item_id: str) -> None:
    answer = client.open(f"/posts/{item_id}", method=method, json={} if method[0] == "P" else None)
    assert (answer.status_code, answer.json) == (404, {})


@pytest.mark.parametrize(("method", "path"), [("PUT", "/posts"), ("DELETE", "/posts"), ("POST", "/posts/1")])
def test_a_method_that_makes_no_sense_is_404_and_empty(client: FlaskClient, method: str, path: str) -> None:
    answer = client.open(path, method=method, json={})
    assert (answer.status_code, answer.json) == (404, {})


def test_writes_are_answered_but_not_kept(client: FlaskClient) -> None:
    before = {path: get(client, path) for path in ("/users", "/posts", "/comments")}
    first = before["/posts"][0]
    fields = {"title": "x", "userId": 3}
    added = client.post("/posts", json=fields)
    assert (added.status_code, added.json) == (201, {**fields, "id": 101})
    assert added.headers["Location"].endswith("/posts/101")
    assert client.post("/posts", data=fields).get_json() == {"title": "x", "userId": "3", "id": 101}
    assert client.post("/posts").get_json() == {"id": 101}
    assert client.put("/posts/1", json={**fields, "id": 9}).get_json() == {**fields, "id": 1}
    assert client.patch("/posts/1", json=fields).get_json() == {**first, **fields}
    deleted = client.delete("/posts/1")
    assert (deleted.status_code, deleted.json) == (200, {})
    assert {path: get(client, path) for path in before} == before


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:10]))
def test_a_body_that_is_no_json_object_is_400(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/posts", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.get_json()) == ["error"]


def test_a_body_above_a_mebibyte_is_413(client: FlaskClient) -> None:
    answer = client.post("/posts", data=b" " * (1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_the_front_page_names_what_there_is(client: FlaskClient) -> None:
    for name, address in get(client, "/").items():
        assert get(client, address) == get(client, f"/{name}")


def test_each_client_gets_a_name_and_keeps_it() -> None:
    app = create_app()
    names = set()
    for _ in range(2):
        client = app.test_client()
        names.add(client.get("/nosuch").headers["Set-Cookie"])
        assert "Set-Cookie" not in client.get("/posts").headers
    assert len(names) == 2


def test_it_serves_the_data_that_it_is_given() -> None:
    client = create_app({"users": [{"id": 70}, {"id": 9}], "posts": [{"userId": 70, "id": 5001}]}).test_client()
    assert ids(get(client, "/users/70/posts")) == ids(get(client, "/posts?userId=70")) == [5001]
    assert get(client, "/posts?userId=9") == []
    assert client.post("/posts").get_json() == {"id": 5002}


def test_it_starts_from_the_top_folder(open_api: OpenApi) -> None:
    url = open_api(["-m", "jsonplaceholder_task.api"], ROOT)
    assert len(requests.get(f"{url}/posts?userId=1", timeout=WITHIN_S).json()) == 10


@pytest.mark.parametrize("program", [["api.py"], ["-m", "api"]], ids=" ".join)
def test_it_starts_in_its_own_folder_wherever_that_lies(open_api: OpenApi, tmp_path: Path, program: list[str]) -> None:
    folder = shutil.copytree(TASK, tmp_path / "task", ignore=shutil.ignore_patterns("__pycache__"))
    url = open_api(program, folder)
    assert len(requests.get(f"{url}/posts/1/comments", timeout=WITHIN_S).json()) == 5


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run an API that is expected to end on its own."""
    command = [sys.executable, "api.py", *options]
    return subprocess.run(command, cwd=TASK, capture_output=True, text=True, timeout=WITHIN_S, check=False)


def test_a_taken_port_is_one_line_that_names_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        ended = run("--port", str(port))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert f"Port {port} is taken" in ended.stderr
    assert "--port 5050" in ended.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "..", "a b"])  # nobody has the first one: RFC 5737
def test_an_address_of_another_machine_is_one_line(host: str) -> None:
    ended = run("--host", host, "--port", "0")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert host in ended.stderr


@pytest.mark.parametrize("port", ["70000", "http", "-1", "1.5"])
def test_a_bad_port_is_named(port: str) -> None:
    ended = run("--port", port)
    assert ended.returncode == 2
    assert "--port" in ended.stderr.splitlines()[-1]
