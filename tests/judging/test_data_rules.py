"""The rules of data: which user holds which row or asks about another's things, and when silence proves something."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from checks.judging.data import errors, progress, reporting, rules
from checks.judging.data.model import CHANCES, Form, Observation, Questions
from checks.lab.locust.record import Counted, Fault, Record
from checks.lab.locust.run import Ending, Run
from checks.lab.outcome import Failed, Inconclusive
from checks.lab.target.journal import Journal, Request
from tests.lab.witness import journal

QUESTIONS = Questions(
    holder="owner",
    thing="pet",
    details="visits",
    things_forms=(Form("/owners/([^/]+)/pets"), Form("/pets", "ownerId")),
    details_forms=(Form("/pets/([^/]+)/visits"), Form("/visits", "petId")),
)
THINGS = {"7": frozenset({"70", "71"}), "3": frozenset({"30"}), "9": frozenset[str](), "5": frozenset({"50"})}
ROWS = ("7", "3", "9")


def sent(visitor: str, path: str, at: float, status: int = 200, **query: str) -> Request:
    """Return a request of a tenth of a second."""
    asked = {name: value.split(",") for name, value in query.items()}
    return Request(visitor, "GET", path, asked, None, status, at, at + 0.1, 1, id=int(at * 10))


def pets(owner: str, at: float, status: int = 200, by: str = "") -> Request:
    return sent(by or f"user of {owner}", f"/owners/{owner}/pets", at, status)


def visits(pet: str, at: float, by: str, status: int = 200) -> Request:
    return sent(f"user of {by}", f"/pets/{pet}/visits", at, status)


def observed(*requests: Request, size: int = 2, rows: tuple[str, ...] = ROWS) -> Observation:
    return Observation(journal(*requests), QUESTIONS, size, rows, THINGS)


def run(kept: Journal | None = None, **more: Any) -> Run:
    facts = {"users": 2, "journal": kept or Journal(), "record": Record(), "log": "", "exit_code": 0, "seconds": 1.0}
    return Run(**{**facts, **more})


def busy(since: float) -> list[Request]:
    """Return enough requests of another user to prove that a user that was silent meanwhile has stopped."""
    return [pets("9", since + number) for number in range(1, CHANCES + 1)]


def problem(check: Callable[..., None], *arguments: Any) -> str:
    """Return what a failing check says."""
    with pytest.raises(Failed) as failure:
        check(*arguments)
    return f"{failure.value.seen} | {failure.value.expected} | {failure.value.advice}"


@pytest.mark.parametrize(
    ("request_", "ids"),
    [
        (sent("a", "/owners/7/pets", 1), ("7",)),
        (sent("a", "/owners/7/pets/", 1), ("7",)),
        (sent("a", "/pets", 1, ownerId="7"), ("7",)),
        (sent("a", "/pets", 1, ownerId="7,3"), ("7", "3")),
        (sent("a", "/pets", 1, ownerid="7"), ()),
    ],
)
def test_a_question_is_understood_in_each_of_its_forms(request_: Request, ids: tuple[str, ...]) -> None:
    (user,) = observed(request_).users
    assert [asked.ids for asked in user.things] == [ids]


@pytest.mark.parametrize("path", ["/owners", "/owners/7", "/owners/7/pets/8", "/pets/7", "/"])
def test_other_requests_are_nobodys_question(path: str) -> None:
    assert not observed(sent("a", path, 1)).users
    assert not observed(replace(sent("a", "/owners/7/pets", 1), method="POST")).users


def test_users_hold_the_rows_in_turn_whoever_comes_first() -> None:
    rules.forbid_other_rows(observed(pets("3", 1), pets("7", 2)))
    four = [pets("9", 1), pets("7", 2), pets("3", 3), pets("7", 4, by="fourth")]
    rules.forbid_other_rows(observed(*four, size=4))


@pytest.mark.parametrize(
    ("owners", "rows", "advice"),
    [
        ("7 7", "7 3 9", "a class body runs once"),
        ("3 5", "7 3 5", "first row is left out"),
        ("7 9", "7 3 9 5", "every other row"),
        ("3 5", "7 9 5 3", "sorted"),
        ("5 9", "7 3 9 5", "the last rows"),
        ("1 2", "7 3 9", "none of these ids"),
        ("7 2", "7 3 9", "some of these ids"),
        ("7 7 3", "7 3 9", "held twice"),
        ("7 3 9 9", "7 3 9", "from the top"),
        ("7 3 7 3", "7 3 9", "only the first 2 rows"),
    ],
)
def test_other_rows_are_told_with_their_likely_cause(owners: str, rows: str, advice: str) -> None:
    asked = [pets(owner, at, by=f"user {at}") for at, owner in enumerate(owners.split(), start=1)]
    assert advice in problem(rules.forbid_other_rows, observed(*asked, size=len(asked), rows=tuple(rows.split())))


def test_a_user_keeps_its_holder() -> None:
    rules.forbid_second_holder(observed(pets("7", 1), pets("7", 2), pets("3", 3)))
    assert "later for those of 3" in problem(
        rules.forbid_second_holder, observed(pets("7", 1, by="a"), pets("3", 2, by="a"))
    )
    assert "names no owner" in problem(rules.forbid_second_holder, observed(sent("a", "/pets", 1)))
    assert "7 and 3" in problem(rules.forbid_second_holder, observed(sent("a", "/pets", 1, ownerId="7,3")))


def test_own_things_are_asked_about_once_somebody_may_know_them() -> None:
    rules.forbid_foreign_things(observed(pets("7", 1), visits("71", 2, by="7"), pets("9", 3)))
    twins = pets("7", 1, by="twin"), visits("70", 2, by="7"), pets("7", 3)
    rules.forbid_foreign_things(observed(*twins))


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        ((pets("7", 1), visits("30", 2, by="7")), "belongs to owner 3"),
        ((pets("7", 1), visits("99", 2, by="7")), "is nobody's"),
        ((pets("9", 1), visits("30", 2, by="9")), "no visits at all for owner 9"),
        ((visits("70", 1, by="7"), pets("7", 2)), "before any answer"),
        ((pets("7", 1, status=500), visits("70", 2, by="7")), "before any answer"),
        ((pets("7", 1), sent("user of 7", "/visits", 2)), "name the pet"),
        ((pets("7", 1), sent("user of 7", "/visits", 2, petId="70,50")), "belongs to owner 5"),
    ],
)
def test_foreign_things_are_told(requests: tuple[Request, ...], says: str) -> None:
    assert says in problem(rules.forbid_foreign_things, observed(*requests))


def test_two_users_behind_one_client_are_told_and_too_many_visitors() -> None:
    both = replace(pets("7", 1), end=3.0), pets("3", 2, by="user of 7")
    kept = journal(*both)
    assert "two requests at once" in problem(rules.forbid_shared_clients, observed(*both), run(kept))
    three = [pets("7", at, by=f"user {at}") for at in (1, 2, 3)]
    assert "looked like 3 visitors" in problem(rules.forbid_shared_clients, observed(*three), run(journal(*three)))
    rules.forbid_shared_clients(observed(*three[:2]), run(journal(*three[:2])))


def test_silent_users_are_missing_only_when_the_others_had_their_chances() -> None:
    early = observed(pets("3", 0))
    assert not early.is_settled(progress.missing_users(early))
    with pytest.raises(Inconclusive, match="1 visitor "):
        early.require_complete(progress.missing_users(early), run(importing=5.0))
    late = observed(*busy(0))
    assert late.is_settled(progress.missing_users(late))
    assert "looked like 1 visitor" in problem(late.require_complete, progress.missing_users(late), run())


def test_slow_users_on_a_quick_machine_have_sent_too_few_requests() -> None:
    early = observed(pets("3", 0))
    for slow in (run(ending=Ending.LIMIT), run(ending=Ending.LIMIT, importing=1.0)):
        assert "too few requests in 1 s" in problem(early.require_complete, progress.missing_users(early), slow)


@pytest.mark.parametrize("ending", [Ending.SILENCE, Ending.EXIT])
def test_a_run_that_stands_still_or_ends_early_has_shown_all(ending: Ending) -> None:
    early = observed(pets("3", 0))
    assert "1 visitor" in problem(early.require_complete, progress.missing_users(early), run(ending=ending))


def test_users_ask_so_often_as_is_wanted_and_without_things_only_for_these() -> None:
    asked = observed(pets("7", 1), visits("70", 2, by="7"), pets("9", 3))
    assert not list(progress.missing_questions(asked, things=1, details=1))
    assert [one.seen for one in progress.missing_questions(asked, things=1, details=2)] == [
        "user 1 asked 1 time for pets and 1 time for visits; its owner 7 has 2 pets"
    ]
    assert len(list(progress.missing_questions(asked, things=2, details=0))) == 2


@pytest.mark.parametrize(
    "requests",
    [
        [pets("7", 1, status=500), pets("7", 2), visits("70", 3, by="7")],
        [pets("7", 1), visits("70", 2, by="7", status=404), pets("7", 3)],
        [pets("9", 1, status=500), pets("9", 2)],
    ],
)
def test_nothing_is_missing_where_users_go_on_after_an_error(requests: list[Request]) -> None:
    assert not list(progress.missing_after_errors(observed(*requests)))


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        ([pets("7", 1, status=500)], "got a 500 for GET /owners/7/pets and asked for nothing more"),
        ([pets("7", 1), visits("70", 2, by="7", status=404)], "got a 404 for GET /pets/70/visits"),
        ([pets("7", 1, status=500), pets("7", 2)], "never asked for visits"),
    ],
)
def test_users_that_end_at_an_error_are_missed_after_it(requests: list[Request], says: str) -> None:
    before = observed(*requests, *busy(-CHANCES))
    assert not before.is_settled(progress.missing_after_errors(before))
    after = observed(*requests, *busy(3))
    assert after.is_settled(progress.missing_after_errors(after))
    assert any(says in one.seen for one in progress.missing_after_errors(after))


def named(requests: list[Request], *names: str, **more: Any) -> Run:
    counted = tuple(Counted(request.id, 1.0, None, (), name) for request, name in zip(requests, names, strict=True))
    return run(record=Record(**{"counted": counted, **more}))


def test_a_row_for_each_question() -> None:
    asked = [pets("7", 1), visits("70", 2, by="7"), visits("71", 3, by="7")]
    reporting.forbid_scattered_rows(observed(*asked), named(asked, "pets", "visits", "visits"))


@pytest.mark.parametrize(
    ("names", "more", "says"),
    [
        (("pets", "70", "71"), {}, "the visits are 2 rows"),
        (("one", "one", "one"), {}, "holds both"),
        (("pets", "visits", "visits"), {"counted": ()}, "Locust counts 0"),
        (("pets", "visits", "visits"), {"errors": (Fault("a.py", 3, "IndexError: none"),)}, "a.py, line 3"),
        (("pets", "visits", "visits"), {"counted": tuple(Counted(n, 1, "no", (), "x") for n in (10, 20, 30))}, "both"),
    ],
)
def test_a_report_that_scatters_hides_or_mixes_is_told(names: tuple[str, ...], more: Any, says: str) -> None:
    asked = [pets("7", 1), visits("70", 2, by="7"), visits("71", 3, by="7")]
    assert says in problem(reporting.forbid_scattered_rows, observed(*asked, size=1), named(asked, *names, **more))


def test_a_failure_is_one_only_where_the_answer_was_good() -> None:
    asked = [pets("7", 1), visits("70", 2, by="7", status=404)]
    failures = (Counted(10, 1, None, (), "pets"), Counted(20, 1, "404", (), "visits"))
    reporting.forbid_scattered_rows(observed(*asked), named(asked, "", "", counted=failures))
    failures = (Counted(10, 1, "none", (), "pets"), Counted(20, 1, None, (), "visits"))
    assert "pets counts as failed: none" in problem(
        reporting.forbid_scattered_rows, observed(*asked), named(asked, "", "", counted=failures)
    )


def counted(*requests: Request, failure: str | None) -> Record:
    return Record(counted=tuple(Counted(request.id, 100, failure) for request in requests))


def test_error_answers_are_failures_in_the_report() -> None:
    answers = [pets("7", at, status=500) for at in (1, 2, 3)]
    errors.forbid_hidden_failures(observed(*answers), run(record=counted(*answers, failure="HTTPError")), run())
    hidden = problem(
        errors.forbid_hidden_failures, observed(*answers), run(record=counted(*answers, failure=None)), run()
    )
    assert "3 of 3 error answers count as successes" in hidden
    assert "such as the 500 for GET /owners/7/pets" in hidden
    missing = problem(errors.forbid_hidden_failures, observed(*answers), run(), run())
    assert "3 of 3 error answers are missing" in missing


def test_error_answers_in_flight_at_the_end_need_not_be_counted() -> None:
    errors.forbid_hidden_failures(observed(pets("7", 1, status=500), pets("3", 1, status=500)), run(), run())


def test_a_task_that_ends_in_an_error_is_told_to_look_at_the_status() -> None:
    record = Record(errors=(Fault("locustfile.py", 7, error="TypeError: it is a dict"),))
    failing = run(record=record)
    assert "response.status_code" in problem(errors.forbid_hidden_failures, observed(), failing, run())
    errors.forbid_hidden_failures(observed(), failing, failing)
