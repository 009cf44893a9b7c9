"""The encoding: a file is refused if Python would read it differently from a person, and for no other reason."""

import ast
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.lab.submission.encoding import objection

HIDDEN = b"\nran = 1\n# \\u000aran = 2 #+AAo-ran=3\n"  # a comment for a reader of UTF-8
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "head",
    [
        *(
            b"",
            b"# coding: utf-8",
            b"# -*- coding: UTF-8 -*-",
            b"# coding=utf8",
            b"# coding: utf_8",
            b"# coding: ascii",
        ),
        *(
            b"# vim: set fileencoding=utf-8-unix :",
            b"#!/usr/bin/env python3\n# coding: us-ascii",
            BOM + b"# coding: utf-8",
        ),
        *(BOM, b"import coding\n# coding: latin-1", b"# decoding x: latin-1", b"\n\n# coding: latin-1"),
        "# Zo\u00eb \U0001f600".encode(),
    ],
)
def test_utf_8_is_fine_however_it_is_spelled(head: bytes) -> None:
    assert objection(head + HIDDEN) is None
    assert meaning(head + HIDDEN) == meaning((head + HIDDEN).decode("utf-8-sig")) != ""


@pytest.mark.parametrize(
    ("content", "line", "seen"),
    [
        (b"# coding: unicode_escape", 1, "in unicode-escape"),
        (b"#!/usr/bin/python\n# -*- coding: utf-7 -*-", 2, "in utf-7"),
        (b"#\r# coding: utf-7", 2, "in utf-7"),
        (b"\x0c# vim: set fileencoding=Latin_1 :", 1, "in latin-1"),
        (BOM + b"# coding: utf8", 1, "in utf8"),  # Python itself rejects this
        ("a = 1\n".encode("utf-16"), 1, "UTF-16"),
        ("a = 1\n".encode("utf-32"), 1, "UTF-32"),
        ("a = 1\n".encode("utf-16-le"), 1, "NUL byte"),
        (b"a = 1\nb = '\0'\n", 2, "NUL byte"),
        (b"a = 1\r\n\r\nb = '\xe4'\n", 3, "not UTF-8"),
        (b"# \xed\xa0\x80", 1, "not UTF-8"),
    ],
)
def test_the_rest_is_refused_with_its_line(content: bytes, line: int, seen: str) -> None:
    found = objection(content)
    assert found
    assert found.line == line
    assert seen in found.seen
    assert found.advice


def meaning(source: bytes | str) -> str:
    """Return the encoding as which Python reads source; empty if Python rejects it."""
    with suppress(SyntaxError, ValueError):
        return ast.dump(ast.parse(source))
    return ""


PIECES = [
    b"#",
    b" ",
    b"\t",
    b"\x0c",
    b"\x0b",
    b"\r",
    b"\n",
    b"coding",
    b":",
    b"=",
    b"utf-7",
    b"unicode_escape",
    b"utf-8",
]
PIECES += [
    b"raw_unicode_escape",
    BOM,
    b"-*-",
    b"\\",
    b"'''",
    b"\x1c",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"pass",
    b"-",
    b"_",
    b"U",
]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=9))
def test_python_runs_nothing_that_is_not_shown(pieces: list[bytes]) -> None:
    content = b"#" + b"".join(pieces) + HIDDEN
    if objection(content) is None:
        assert meaning(content) in ("", meaning(content.decode("utf-8-sig")))
