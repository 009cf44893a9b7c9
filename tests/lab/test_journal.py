"""The journal: it holds what a real client sent, one record for each request."""

import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import requests

from checks.lab.target.journal import Journal, listed
from checks.lab.target.server import Target, serve
from tests.lab.witness import journal, request, seen, until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def test_it_notes_what_a_client_sent(target: Target) -> None:
    before = time.monotonic()
    requests.put(f"{target.url}/pets/7?a=1&a=2&empty=", json={"name": "Łaptop", "tags": [1, None]}, timeout=30)
    (noted,) = seen(target, 1)
    assert (noted.method, noted.path, noted.status) == ("PUT", "/pets/7", 200)
    assert noted.query == {"a": ["1", "2"], "empty": [""]}
    assert noted.json == {"name": "Łaptop", "tags": [1, None]}
    assert before <= noted.start <= noted.end <= time.monotonic()
    assert noted.refusal == ""
    assert str(noted) == "PUT /pets/7"


def test_the_numbers_of_answers_tell_nobody_how_many_came_before(target: Target) -> None:
    for _ in range(9):
        requests.get(target.url, timeout=30)
    numbers = [noted.id for noted in seen(target, 9)]
    assert len(set(numbers)) == 9
    assert min(abs(after - before) for before, after in pairwise(numbers)) > 9  # by chance 1 in 10^13


def test_a_visitor_is_known_by_the_cookie_from_the_first_answer_on(target: Target) -> None:
    with requests.Session() as one, requests.Session() as other:
        for client in (one, other, one, one, other):
            client.get(target.url, timeout=30)
        seen(target, 5)
        visits = target.journal.visits()
        assert list(visits) == [one.cookies["visitor"], other.cookies["visitor"]]
        assert [len(requests) for requests in visits.values()] == [3, 2]


def test_a_client_that_forgets_its_cookie_is_a_new_visitor_each_time(target: Target) -> None:
    for _ in range(3):
        requests.get(target.url, timeout=30)
    seen(target, 3)
    assert len(target.journal.visits()) == 3


@pytest.mark.parametrize("other", ["theme={dark mode}", 'basket={"rex": 1}', "a b", "=", "Königin"])
def test_another_cookie_does_not_hide_the_visitor(target: Target, other: str) -> None:
    requests.get(target.url, headers={"Cookie": f"{other}; visitor=me".encode()}, timeout=30)
    assert seen(target, 1)[0].visitor == "me"


@pytest.mark.parametrize(
    ("count", "marked", "shown"),
    [
        (3, None, "GET /0, GET /1, GET /2"),
        (9, None, "GET /0, GET /1, GET /2, GET /3, ..."),
        (9, 0, "GET /0 (number 1), GET /1, GET /2, GET /3, ..."),
        (9, 4, "..., GET /2, GET /3, GET /4 (number 5), GET /5, ..."),
        (5, 4, "..., GET /2, GET /3, GET /4 (number 5)"),
    ],
)
def test_a_request_is_listed_in_its_surroundings(count: int, marked: int | None, shown: str) -> None:
    assert listed([request(path=f"/{number}") for number in range(count)], marked) == shown


def test_peer_ports_tell_connections_apart(target: Target) -> None:
    with requests.Session() as one, requests.Session() as other:
        for client in (one, other, one):
            client.get(target.url, timeout=30)
        first, second, third = seen(target, 3)
    assert first.peer_port == third.peer_port != second.peer_port


def test_the_reason_of_a_refusal_is_kept(target: Target) -> None:
    requests.get(f"{target.url}/refused", timeout=30)
    (noted,) = seen(target, 1)
    assert (noted.status, noted.refusal) == (400, '{"error": "no"}')


@pytest.mark.parametrize(
    ("content_type", "body", "carried"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("Application/JSON; charset=utf-8", b"[1]", [1]),
        ("application/x-www-form-urlencoded", b'{"a": 1}', None),
        ("application/json", b"{no", None),
        ("application/json", b"", None),
        ("application/json", b"\xff\xfe", None),
        ("application/json", b"[" * 100_000, None),
        ("application/json", b"[" * 900 + b"]" * 900, None),
    ],
    ids=["json", "unusual spelling", "form", "broken", "empty", "not utf-8", "too deep", "too deep to show"],
)
def test_json_is_what_was_sent_as_json(target: Target, content_type: str, body: bytes, carried: object) -> None:
    requests.post(target.url, data=body, headers={"Content-Type": content_type}, timeout=30)
    assert seen(target, 1)[0].json == carried


def test_a_request_that_broke_the_application_is_on_record_too(target: Target) -> None:
    requests.get(f"{target.url}/broken", timeout=30)
    assert seen(target, 1)[0].path == "/broken"


def test_an_answer_without_a_body_ends_when_it_is_given() -> None:
    given: list[float] = []

    def terse(_environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("204 No Content", [])
        given.append(time.monotonic())
        return []

    with serve(terse) as target:
        requests.delete(target.url, timeout=30)
        assert seen(target, 1)[0].end >= given[0]


def test_visits_are_in_the_order_of_sending_not_of_answering() -> None:
    kept = journal(
        request("b", "/b1", start=2, end=3), request("a", "/a2", start=4, end=5), request("a", "/a1", start=1, end=9)
    )
    assert [str(each) for each in kept] == ["GET /b1", "GET /a2", "GET /a1"]
    assert {name: [each.path for each in own] for name, own in kept.visits().items()} == {
        "a": ["/a1", "/a2"],
        "b": ["/b1"],
    }
    assert list(kept.visits()) == ["a", "b"]


def test_many_clients_at_once_lose_no_record(target: Target) -> None:
    def visit() -> None:
        with requests.Session() as client:
            for number in range(20):
                client.get(f"{target.url}/{number}", timeout=30)

    clients = [threading.Thread(target=visit) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seen(target, 160)
    visits = target.journal.visits().values()
    assert [[each.path for each in own] for own in visits] == [[f"/{number}" for number in range(20)]] * 8


def test_a_new_request_wakes_who_waits() -> None:
    kept, woken = Journal(), threading.Event()

    def wait() -> None:
        kept.wait(60)
        woken.set()

    threading.Thread(target=wait, daemon=True).start()
    until(lambda: kept._grown._waiters)  # type: ignore[attr-defined]
    kept.add(request())
    assert woken.wait(10)


def test_waiting_ends_without_a_request_too() -> None:
    started = time.monotonic()
    Journal().wait(0.05)
    assert 0.04 <= time.monotonic() - started < 10


def test_reading_while_it_grows_is_safe() -> None:
    kept = journal(request())
    for number, _ in enumerate(kept):
        kept.add(request())
        assert number < 1
    assert len(kept) == 2


def test_a_copy_does_not_grow() -> None:
    kept = journal(request())
    copy = kept.copy()
    kept.add(request())
    assert (len(copy), len(kept)) == (1, 2)


def test_a_flood_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.lab.target.journal.MOST_REQUESTS", 3)
    kept = Journal()
    for _ in range(5):
        kept.add(request())
    assert len(kept) == 3


def test_what_requests_carry_has_an_end(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target.journal, "_room", 2500)
    for _ in range(5):
        assert requests.post(target.url, json="x" * 1000, timeout=30).ok
    seen(target, 2)
    assert len(target.journal) == 2
