"""The timeline: the beginning of a run, small enough to show, whatever a submission sends."""

import json
from dataclasses import replace
from typing import Any

from checks.lab.report.timeline import (
    MAX_KINDS,
    MAX_MARKS,
    MAX_MOMENTS,
    MAX_USERS,
    OTHERS,
    IncidentMark,
    Timeline,
    timeline,
)
from checks.lab.target.journal import Request
from checks.lab.target.peers import Peers
from checks.lab.target.server import Incident, Target
from tests.lab.witness import journal, request


def of(*requests: Request, **more: Any) -> Timeline:
    return timeline(Target("http://127.0.0.1:1", journal(*requests)), **more)


def swarm(*requests: Request, incidents: list[Incident]) -> Timeline:
    """Return the timeline of two workers: port 1 is worker 1's, port 2 is worker 2's."""
    peers = Peers()
    peers._names.update({1: "worker 1", 2: "worker 2"})
    target = Target("http://127.0.0.1:1", journal(*requests), peers, 20.0, incidents)
    return timeline(target, holder=lambda request: request.path.removeprefix("/"))


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


def test_the_axis_is_as_long_as_what_is_shown() -> None:
    found = of(*(request(f"v{n % 4}", "/", n / 10, n / 10 + 0.01) for n in range(2 * MAX_MARKS)))
    assert (found.begin, found.length) == (0, 2 * MAX_MARKS / 10 - 0.09)
    assert found.end == MAX_MARKS / 10 - 0.1
    for row in found.rows:  # no user looks dead: everything that it sent in that time is there
        assert row.marks[-1].start > found.end - 0.4
        assert (row.begin, row.total) == (row.marks[0].start, MAX_MARKS / 2)


def test_a_short_run_is_shown_from_end_to_end() -> None:
    found = of(request("a", "/", 10, 11), request("b", "/", 12, 13.5))
    assert (found.begin, found.end, found.length, found.every) == (0, 3.5, 3.5, 1)


def test_the_request_at_fault_is_shown_however_late_it_came() -> None:
    requests = [request(f"v{n % (2 * MAX_USERS)}", f"/{n}", n, n) for n in range(10 * MAX_MARKS)]
    culprit = requests[-30]
    found = of(*requests, culprit=culprit)
    assert found.culprit is not None
    row, mark = found.culprit
    assert (mark.text, row.user) == (f"GET {culprit.path}", f"user {int(culprit.visitor[1:]) + 1}")
    assert sum(mark.is_culprit for row in found.rows for mark in row.marks) == 1
    assert found.begin > 0
    assert len(found.rows) == MAX_USERS + 1
    assert sum(len(row.marks) for row in found.rows) <= MAX_MARKS


def test_a_row_is_named_by_whose_data_its_user_asks_for() -> None:
    found = of(
        *(request("a", path, n) for n, path in enumerate(("/", "/7", "/9"))),
        holder=lambda request: request.path.removeprefix("/") and f"user id {request.path[1:]}",
    )
    assert [(row.holder, row.user) for row in found.rows] == [("user id 7", "user 1")]


def test_a_swarm_that_something_befell_is_shown_from_end_to_end() -> None:
    on_2 = [replace(request("b", "/7", n / 50, n / 50), peer_port=2) for n in range(100)]
    on_1 = [request("a", "/9", n / 50, n / 50) for n in range(1000)]
    heir = request("c", "/7", 15.0, 15.1)
    incidents = [
        Incident(-5.0, "worker 1 starts"),
        Incident(2.0, "worker 2 is killed", lost="worker 2"),
        Incident(99.0, "worker 1 is told to quit", lost="worker 1"),
    ]
    found = swarm(*on_1, *on_2, heir, incidents=incidents)
    assert found.moments == (
        IncidentMark(2.0, "worker 2 is killed"),
        IncidentMark(15.0, "7, which was worker 2's, has a user again, on worker 1"),
    )
    assert (found.begin, found.end, found.every) == (0, 19.98, 4)
    assert [(row.user, row.begin, row.end) for row in found.rows] == [
        ("user 1, worker 1", 0.0, 19.98),
        ("user 2, worker 2", 0.0, 1.98),
        ("user 3, worker 1", 15.0, 15.1),
    ]
    assert found.compression == 20.0


def test_a_forged_flood_of_incidents_stays_small() -> None:
    incidents = [Incident(0.5, f"master misses worker {n}", lost=f"worker {n}") for n in range(1000)]
    assert len(swarm(request("a", "/9", 0, 1), incidents=incidents).moments) == MAX_MOMENTS


def test_errors_are_counted_over_the_whole_run() -> None:
    assert of(*(replace(request("a", "/", n, n), status=500) for n in range(2 * MAX_MARKS))).errors == 2 * MAX_MARKS


def test_it_survives_the_way_between_processes() -> None:
    found = replace(of(request("a"), request("b")), reason="It works.", moments=(IncidentMark(1.0, "it ends"),))
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
