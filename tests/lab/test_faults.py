"""Scripted answers: slow ones, wrong ones, and their order."""

import http.client
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from checks.lab.target.journal import Request
from checks.lab.target.middleware.faults import Answer, Choice, Faults, in_turn
from checks.lab.target.server import serve
from tests.lab.witness import seen, witness

BUSY_S = 2.0  # seconds that a busy machine may add
BODY = b"a homepage of more than a few bytes"


class Got(NamedTuple):
    """What a client got, and the seconds to the headers and to the end of the body."""

    status: int
    body: bytes
    headers_s: float
    whole_s: float


def asked(*answers: Answer | None, method: str = "GET", path: str = "/") -> tuple[list[Got], list[Request]]:
    """Ask once for each of `answers`, on one connection; return what came, and the journal."""
    rest = iter(answers)
    with serve(Faults(witness, lambda *_: next(rest))) as target:
        connection = http.client.HTTPConnection(urlsplit(target.url).netloc, timeout=30)
        got = []
        for _ in answers:
            start = time.monotonic()
            connection.request(method, path)
            response = connection.getresponse()
            headers_s = time.monotonic() - start
            got.append(Got(response.status, response.read(), headers_s, time.monotonic() - start))
        connection.close()
        return got, seen(target, len(answers))


def test_an_answer_without_a_script_is_the_applications() -> None:
    (got,), (request,) = asked(None)
    assert (got.status, got.body) == (200, b"0")
    assert request.answer == ""


def test_a_wait_comes_before_the_headers_and_shows_in_the_journal() -> None:
    (got,), (request,) = asked(Answer("late", wait=0.3))
    assert got.headers_s >= 0.3
    assert (got.status, got.body, request.answer) == (200, b"0", "late")
    assert request.end - request.start >= 0.3


def test_a_drip_comes_after_the_headers_and_shows_in_the_journal() -> None:
    (got,), (request,) = asked(Answer("dripping", drip=3.0, body=BODY))
    assert got.body == BODY
    assert got.headers_s < BUSY_S
    assert 3.0 <= got.whole_s < 3.0 + BUSY_S
    assert 3.0 <= request.end - request.start <= got.whole_s


def test_wait_and_drip_add_up() -> None:
    (got,), (request,) = asked(Answer("both", wait=0.2, drip=0.3, body=BODY))
    assert got.headers_s >= 0.2
    assert got.whole_s >= 0.5
    assert request.end - request.start >= 0.5


@pytest.mark.parametrize("body", [b"", b"a", b"ab", b"b" * 25, b"c" * 100_000])
def test_a_dripping_body_arrives_whole(body: bytes) -> None:
    (got,), _ = asked(Answer("dripping", drip=0.05, body=body))
    assert got.body == body


def test_a_status_replaces_the_applications_whose_headers_stay() -> None:
    got, requests = asked(Answer("none", status=204), Answer("broken", status=500), None)
    assert [(each.status, each.body) for each in got] == [(204, b""), (500, b""), (200, b"0")]
    assert [request.status for request in requests] == [204, 500, 200]
    assert all(request.visitor for request in requests)


def test_a_body_of_its_own_may_come_with_a_status_of_its_own() -> None:
    (wrong, broken), _ = asked(Answer("wrong", body=b"no shop"), Answer("broken", status=503, body=b"closed"))
    assert (wrong.status, wrong.body) == (200, b"no shop")
    assert (broken.status, broken.body) == (503, b"closed")


def test_in_turn_gives_each_request_for_the_path_its_answer() -> None:
    first, second, rest = Answer("first"), Answer("second"), Answer("rest")
    choose = in_turn("GET", "/", [first, second], rest)
    assert choose("GET", "/") is first
    assert choose("POST", "/") is None
    assert choose("GET", "/pets") is None
    assert [choose("GET", "/") for _ in range(3)] == [second, rest, rest]


def test_in_turn_without_a_rest_leaves_later_answers_alone() -> None:
    choose = in_turn("GET", "/", [Answer("only")])
    choose("GET", "/")
    assert choose("GET", "/") is None


def test_each_answer_is_given_once_however_many_ask_at_a_time() -> None:
    answers = [Answer(str(number), wait=0.01) for number in range(40)]
    choose: Choice = in_turn("GET", "/", answers)
    with serve(Faults(witness, choose)) as target:

        def ask() -> None:
            connection = http.client.HTTPConnection(urlsplit(target.url).netloc, timeout=30)
            for _ in range(5):
                connection.request("GET", "/")
                connection.getresponse().read()
            connection.close()

        askers = [threading.Thread(target=ask) for _ in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        requests = seen(target, 40)
    assert sorted(request.answer for request in requests) == sorted(answer.label for answer in answers)
