"""The origin: the line that a message names, or the one whose string has probably made a request."""

import time

import pytest

from checks.lab.outcome import Outcome
from checks.lab.report.evidence import Evidence, Source
from checks.lab.report.origin import CodeLine, first, named, origin, origins
from checks.lab.report.timeline import Mark, Timeline, UserRow
from tests.lab.witness import result

REQUESTS = """\
BASE = "/comments"
FORM = "/users/{}/posts"
class Reader(HttpUser):
    def read(self):
        self.client.get(f"/posts?userId={self.user_id}", name="/posts?userId=[id]")
        self.client.get(BASE + "?postId=" + str(choice(self.post_ids)))
        self.client.get("/posts/%d/comments" % post)
        self.client.get(FORM.format(3))
        url = f"/todos/{todo}"
        self.client.get(url)
        self.client.get(f"{self.host}/albums?id={3}")
        with self.client.post("/posts", json={}) as answer:
            pass
        self.client.get("/posts", params={"page": 1})
        self.client.get(name="/photos", url="/photos/1")
"""


def found(request: str, text: str = REQUESTS) -> list[int]:
    return [line.number for line in origins(request, [Source("a.py", text, False), Source("b.csv", text, False)])]


@pytest.mark.parametrize(
    ("request_", "number"),
    [
        ("GET /posts?userId=7", 5),
        ("GET /comments?postId=5", 6),
        ("GET /posts/5/comments", 7),
        ("GET /users/3/posts", 8),
        ("GET /todos/4", 9),
        ("GET /albums?id=3", 11),
        ("POST /posts", 12),
        ("GET /posts?page=1", 14),
        ("GET /photos/1", 15),
    ],
)
def test_a_request_is_traced_to_the_string_that_makes_it(request_: str, number: int) -> None:
    assert found(request_) == [number]


def test_what_no_string_makes_has_no_origin() -> None:
    assert found("GET /nowhere") == found("GET /photos") == []


def test_two_lines_that_fit_alike_are_both_named_but_many_are_not() -> None:
    line = 'self.client.get(f"/pets/{pet}")\n'
    assert found("GET /pets/1", line * 2) == [1, 2]
    assert found("GET /pets/1", line * 10) == []


@pytest.mark.parametrize(
    "text",
    [
        "def",
        "\0",
        "(" * 5000,
        "x = " + " + ".join(['a + "x"'] * 700),
        "x = " + " + ".join(['a + "x"'] * 20_000),
        'x = f"' + "{a}x" * 20_000 + '"',
        "\n".join('x = f"/' + "{a}x" * 50 + '"' for _ in range(500)),
        "x = '" + "%s" * 40_000 + "' % a",
        "p = '/%" + "0" * 100_000 + "'\n" + "p % 1\n" * 500,
    ],
    ids=range(9),
)
def test_no_file_keeps_the_grader_busy(text: str) -> None:
    began = time.monotonic()
    assert found("GET /" + "x" * 100 + "y", text) == []
    assert time.monotonic() - began < 20  # seconds; an idle machine needs none


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("a.py, line 2: NameError: x", "a.py:2"),
        ("worker 1: sub/a.py, line 2: opens users.csv", "a.py:2"),
        ("exercises/01/a.py:1: SyntaxError", "a.py:1"),
        ("c.py, line 1: then a.py, line 2", "a.py:2"),
        ("a.py, line 99: no such line", ""),
        ("a.py, line " + "9" * 5000, ""),
        ("no place at all", ""),
    ],
)
def test_the_line_that_a_message_names(message: str, place: str) -> None:
    line = named(message, [Source("a.py", "one\n  two", False)])
    assert (line.place if line else "") == place


def test_a_long_line_is_cut_and_comments_are_passed_over() -> None:
    source = Source("a.py", "# open(x)\nfrom a import open\nwith open(" + "x" * 200, False)
    line = first(r"\bopen\b", [Source("a.md", "open(", False), source])
    assert line is not None
    assert (line.place, len(line.text), line.text[-3:]) == ("a.py:3", 120, "...")


def test_a_failure_comes_from_its_request_or_from_the_line_that_it_names() -> None:
    sent = [Mark("GET /pets/N", f"GET /pets/{n}", 200, n, n, is_culprit=n == 2) for n in range(4)]
    run = Timeline(4, 1, ("GET /pets/N",), (UserRow("user 1", tuple(sent), 4),), culprit_of="It works.")
    evidence = Evidence([Source("a.py", 'get(f"/pets/{n}")\npass', False)], [], [Timeline(0, 0, (), ()), run])
    failed = result(Outcome.FAILED, seen="a.py, line 2: user 1 sent GET /pets/2")
    cause = origin(failed, evidence)
    assert (cause.run, cause.mark, cause.before) == (2, sent[2], (sent[0], sent[1]))
    assert cause.lines == (CodeLine("a.py", 1, 'get(f"/pets/{n}")'),)
    other = origin(result(Outcome.FAILED, id="shines", seen="a.py, line 2: it stops"), evidence)
    assert (other.run, other.mark, other.lines) == (0, None, (CodeLine("a.py", 2, "pass"),))
