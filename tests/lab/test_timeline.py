"""The timeline: the beginning of a run, small enough to be shown, whatever a submission sends."""

import json
from dataclasses import replace
from typing import Any

from checks.lab.journal import Request
from checks.lab.peers import Peers
from checks.lab.target import Target
from checks.lab.timeline import MAX_KINDS, MAX_MARKS, MAX_USERS, OTHERS, Timeline, timeline
from tests.lab.witness import journal, request


def of(*requests: Request) -> Timeline:
    return timeline(Target("http://127.0.0.1:1", journal(*requests)))


def test_each_user_has_a_row_in_the_order_of_coming_and_its_requests_in_the_order_of_sending() -> None:
    found = of(request("b", "/pets", 12.5, 12.75), request("b", "/", 12.0, 12.25), request("a", "/", 10.0, 11.0))
    assert (found.users, found.requests) == (2, 3)
    assert [(row.user, row.total) for row in found.rows] == [("user 1", 1), ("user 2", 2)]
    assert [(mark.text, mark.start, mark.end) for row in found.rows for mark in row.marks] == [
        ("GET /", 0, 1),
        ("GET /", 2, 2.25),
        ("GET /pets", 2.5, 2.75),
    ]


def test_requests_that_differ_in_their_ids_are_of_one_kind_but_keep_their_text() -> None:
    def asked(path: str, **query: Any) -> Request:
        return replace(request("a", path), query={name: [value] for name, value in query.items()})

    found = of(asked("/users/7/posts"), asked("/users/12/posts"), asked("/posts", userId="7"), asked("/pets2"))
    assert set(found.kinds) == {"GET /users/N/posts", "GET /posts?userId=N", "GET /pets2"}
    assert [mark.text for mark in found.rows[0].marks] == [
        "GET /users/7/posts",
        "GET /users/12/posts",
        "GET /posts?userId=7",
        "GET /pets2",
    ]


def test_a_large_run_is_cut_to_some_hundred_marks() -> None:
    found = of(*(request(f"v{n % 200}", "/", n, n) for n in range(10_000)))
    assert (found.users, found.requests, len(found.rows)) == (200, 10_000, MAX_USERS)
    assert sum(len(row.marks) for row in found.rows) <= MAX_MARKS
    assert {row.total for row in found.rows} == {50}


def test_what_a_submission_sends_stays_small_and_plain() -> None:
    found = of(*(request("a", f"/{n}x\x1b[2J" + "y" * 5000, n, n) for n in range(1000)))
    assert len(found.kinds) == MAX_KINDS
    assert found.kinds[-1] == OTHERS
    assert {mark.kind for mark in found.rows[0].marks} == set(found.kinds)
    text = json.dumps(found.packed())
    assert "\\u001b" not in text
    assert len(text) < MAX_MARKS * 350


def test_it_survives_the_way_between_processes() -> None:
    found = replace(of(request("a"), request("b")), reason="It works.")
    assert Timeline.unpacked(json.loads(json.dumps(found.packed()))) == found


def test_a_run_without_a_request_has_no_row() -> None:
    assert of() == Timeline(0, 0, (), ())


def test_who_keeps_no_cookie_is_no_user() -> None:
    assert [row.user for row in of(request("")).rows] == ["no user"]


def test_a_user_of_a_swarm_is_named_with_its_process() -> None:
    peers = Peers()
    peers._names[1] = "worker 2"
    found = timeline(Target("http://127.0.0.1:1", journal(request("a")), peers))
    assert [row.user for row in found.rows] == ["user 1, worker 2"]
