"""The interview: three questions that follow from what was seen, different for different submissions."""

from dataclasses import replace
from typing import Any

import pytest

from checks.lab.outcome import Outcome, Result
from checks.lab.report.evidence import Evidence, Source
from checks.lab.report.interview import QUESTIONS, questions, sentence
from checks.lab.report.origin import CodeLine
from checks.lab.report.timeline import IncidentMark, Mark, Timeline, UserRow
from tests.lab.witness import result

CODE = """\
from itertools import cycle
with open("users.csv") as file:
    ids = cycle(file)
class Reader(HttpUser):
    def read(self):
        if self.client.get("/posts").status_code == 200:
            pass"""


def asked(*results: Result, code: str = CODE, notes: list[str] | None = None, **more: Any) -> list[str]:
    words = [Source("NOTES.md", more.pop("words"), False)] if "words" in more else []
    evidence = Evidence([Source("a.py", code, False), *words], notes or [], more.pop("runs", []))
    found = questions(results, {"01_first": evidence})
    return ["".join(piece.place if isinstance(piece, CodeLine) else piece for piece in each) for each in found]


def run(**more: Any) -> Timeline:
    facts: dict[str, Any] = {"requests": 9, "users": 2, "kinds": (), "rows": (), "reason": "It works.", **more}
    return Timeline(**facts)


def bonus(outcome: Outcome = Outcome.PASSED, **more: Any) -> Result:
    return result(outcome, id="scales", bonus=True, part=3, **more)


def test_what_failed_comes_first_with_the_line() -> None:
    failed = result(Outcome.FAILED, seen="a.py, line 2: FileNotFoundError: no users.csv", expected="users")
    extra = bonus(Outcome.FAILED, seen="7 users hold user id 3", expected="each id once")
    found = asked(extra, failed)
    assert found[0] == (
        "The grader saw: a.py, line 2: FileNotFoundError: no users.csv. What happened when you ran the file yourself, "
        "and how would you mend it? The line is: a.py:2"
    )
    assert found[1].startswith("Expected was each id once; the grader saw: 7 users hold user id 3.")


def test_a_request_at_fault_is_named_with_its_user_and_its_line() -> None:
    mark = Mark("GET /posts", "GET /posts", 200, 1.0, 1.1, is_culprit=True)
    blamed = run(rows=(UserRow("user 2", (mark,), 1, "user id 9"),), culprit_of="It works.")
    (first, *_) = asked(result(Outcome.FAILED, seen="no", expected="yes"), runs=[blamed])
    assert first.startswith("User 2 (user id 9) sent GET /posts, probably from a.py:6. How does the code come to that")


def test_a_note_asks_what_the_line_is_for() -> None:
    (first, *_) = asked(result(), notes=["a.py:3: starts processes (imports subprocess)", "a.py:4: opens"])
    assert first == "a.py:3 starts processes (imports subprocess). What is that for, and what would be lost without it?"
    assert "20 more" not in " ".join(asked(result(), notes=["a.py: 20 more of the kind"]))


def test_what_waits_is_asked_for() -> None:
    waiting = [result(Outcome.NOT_STARTED, id=f"w{n}", points=n, waiting_for="works") for n in (1, 3, 2)]
    found = asked(result(Outcome.FAILED, seen="no", expected="yes"), *waiting)
    assert found[1] == (
        "Not examined, because of the failure above (one of 3 such criteria): \u201cIt w3.\u201d "
        "Which of your lines take care of that?"
    )
    found = asked(result(Outcome.INCONCLUSIVE, message="busy"), waiting[0])
    assert found[0].startswith("Not examined, because of what was inconclusive: \u201cIt w1.\u201d Which of")


def test_a_bonus_is_asked_for_by_how_far_it_came() -> None:
    kill = run(
        moments=(
            IncidentMark(1.2, "worker 2 is killed"),
            IncidentMark(17.6, "user id 7, which was worker 2's, has a user"),
        )
    )
    (reached, *_) = asked(result(), bonus(), runs=[kill])
    assert reached.startswith(
        "Worker 2 is killed after 1 s, and after 18 s user id 7, which was worker 2's, has a user."
    )
    (missing, *_) = asked(result(), bonus(Outcome.NOT_STARTED, message="no part 3"))
    assert missing == (
        "Part 3 is not done. It begins with: \u201cIt scales.\u201d What would become of a.py:2, and what would the "
        "messages hold?"
    )
    assert not any("Part 3" in each for each in asked(result(), bonus(Outcome.NOT_STARTED, waiting_for="works")))


def test_errors_that_users_outlived_are_asked_for() -> None:
    (first, *_) = asked(result(), runs=[run(), run(errors=4)])
    assert first.startswith("In run 2 the API answered 4 of 9 requests with an error, and your users went on. a.py:6 ")
    (first, *_) = asked(result(), runs=[run(errors=4)], code="pass")
    assert "No line of yours names a status." in first
    assert not any("went on" in each for each in asked(result(Outcome.FAILED, seen="a"), runs=[run(errors=4)]))


def test_a_decision_in_the_candidates_notes_is_quoted() -> None:
    words = "# Notes\n\nIt works. I **assume** that no\nuser has two ids. That is all."
    assert "NOTES.md says: \u201cI assume that no user has two ids.\u201d Tell me more about that." in asked(
        result(), words=words
    )


def test_rows_that_were_shared_and_silence_are_asked_for() -> None:
    rows = tuple(UserRow(f"user {n}", (), 1, f"user id {n % 2}") for n in range(4))
    found = asked(result(), runs=[run(users=40, rows=rows)])
    assert found[0].startswith("Run 1 had 40 users. Among the first 4, 2 users had user id 0; a.py:3 seems to deal out")
    assert found[1].startswith("You changed 7 lines and wrote no NOTES.md: which decision in them")
    found = asked(result(), runs=[run(users=4, rows=rows)])
    assert found[0].startswith("Run 1 had 4 users. Among them, 2 users had user id 0;")


def test_there_are_three_and_none_where_nothing_was_seen() -> None:
    many = [result(Outcome.FAILED, id=str(n), seen=f"seen {n}", expected="x") for n in range(5)]
    assert len(asked(*many, notes=["a.py:1: opens"])) == QUESTIONS
    assert questions([], {}) == []
    assert questions([replace(result(), message="x")], {}) == []


def test_a_sentence_begins_and_ends_as_one() -> None:
    assert [sentence(text) for text in ("user 1", "Why?", "")] == ["User 1.", "Why?", "."]


@pytest.mark.parametrize(
    "text", ["demo_locustfile.py, line 16: no", "users.csv is empty", "ann/ has no a.py", "on_start fails"]
)
def test_a_name_keeps_its_small_letter(text: str) -> None:
    assert sentence(text) == f"{text}."
