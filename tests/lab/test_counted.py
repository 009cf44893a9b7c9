"""How the Locust process reports each request that it counts: with the target's number and the file's own verdict."""

import textwrap

import pytest

from checks.lab.cell.practice import Cell
from checks.lab.locust.run import Run, run_alone
from checks.lab.target.middleware.faults import Answer, Faults, in_turn
from checks.lab.target.server import serve
from tests.lab.witness import witness

CALM = Answer("calm", wait=0.05)
CODE = """\
    import requests
    from locust import FastHttpUser, HttpUser, User, constant, task
    from limits import LIMIT_MS

    HALF = LIMIT_MS / 2
    NAME, lower, ANSWERS = "none", 1, [1, 2]

    class Shopper({user}):
        wait_time = constant(0.01)
        LIMIT_OF_THE_CLASS = 7

        def fire(self, response_time, **more):
            self.environment.events.request.fire(
                request_type="GET", name="x", response_time=response_time, response_length=0, context={{}},
                **{{"exception": None, **more}}
            )

        @task
        def ask(self):
    {body}
"""


def ran(body: str, user: str = "HttpUser", *answers: Answer) -> Run:
    """Run one user whose task is `body` until it has sent a few requests."""
    code = textwrap.dedent(CODE).format(user=user, body=textwrap.indent(textwrap.dedent(body), " " * 8))
    with serve(Faults(witness, in_turn("GET", "/", answers, CALM))) as target, Cell() as cell:
        (cell.work / "locustfile.py").write_text(code)
        (cell.work / "limits.py").write_text("LIMIT_MS = 3000.0\n")
        return run_alone(
            cell, "locustfile.py", target, users=1, compression=10, done=lambda journal: len(journal) > len(answers) + 2
        )


def sent(run: Run) -> list[int]:
    """Return the numbers of the requests, in the order in which they were sent."""
    return [request.id for request in sorted(run.journal, key=lambda request: request.start)]


@pytest.mark.parametrize("user", ["HttpUser", "FastHttpUser"])
def test_each_request_has_its_outcome_and_what_was_said_of_it(user: str) -> None:
    body = """
        self.client.get("/")
        with self.client.get("/", catch_response=True) as response:
            pass
        with self.client.get("/", catch_response=True) as response:
            response.failure("late")
        with self.client.get("/", catch_response=True) as response:
            response.failure("late")
            response.success()
        self.client.get("/", catch_response=True)
    """
    run = ran(body, user, *[CALM] * 5)
    counted = {count.request: (count.failure, count.said) for count in run.record.counted}
    assert [counted.get(number) for number in sent(run)[:5]] == [
        (None, ()),
        (None, ("with",)),
        ("late", ("with", "failure")),
        (None, ("with", "failure", "success")),
        None,
    ]


@pytest.mark.parametrize("user", ["HttpUser", "FastHttpUser"])
def test_an_event_fired_by_hand_belongs_to_the_answer_before_it(user: str) -> None:
    run = ran('self.client.get("/", catch_response=True)\nself.fire(7, exception=Exception("by hand"))', user)
    assert {(c.milliseconds, c.failure) for c in run.record.counted} == {(7, "by hand")}
    assert set(sent(run)[:3]) <= {count.request for count in run.record.counted}


def test_an_event_for_a_client_that_locust_does_not_know_belongs_to_its_answer_too() -> None:
    run = ran('requests.get(self.host + "/")\nself.fire(8)', "User")
    assert set(sent(run)[:3]) <= {count.request for count in run.record.counted}


def test_a_request_that_got_no_answer_is_told_with_its_cause() -> None:
    body = """
        with self.client.get("/", timeout=0.2, catch_response=True) as response:
            response.failure("mine")
    """
    run = ran(body, "HttpUser", Answer("late", wait=1.0))
    (lost,) = run.record.lost
    assert lost.place.startswith("locustfile.py, line ")
    assert "ReadTimeout" in lost.error
    assert sent(run)[0] not in {count.request for count in run.record.counted}


def test_numbers_with_names_in_capitals_are_told() -> None:
    assert ran('self.client.get("/")').record.constants == {"LIMIT_MS": 3000.0, "HALF": 1500.0}


@pytest.mark.parametrize("user", ["HttpUser", "FastHttpUser"])
def test_each_request_has_the_name_of_its_row(user: str) -> None:
    body = """
        self.client.get("/?a=1")
        self.client.get("/?a=1", name="by hand")
        with self.client.rename_request("renamed"):
            self.client.get("/?a=1")
        self.client.request_name = "set"
        self.client.get("/?a=1")
        self.client.request_name = None
    """
    run = ran(body, user)
    names = {count.request: count.name for count in run.record.counted}
    assert [names[number] for number in sent(run)[:4]] == ["/?a=1", "by hand", "renamed", "set"]
