"""The sight: lines as Python counts them, and things that a person would not see."""

import pytest

from checks.lab.code.sight import FAR, GAP, LONG, deceptions, lines, visible


def test_lines_are_those_that_python_counts() -> None:
    text = "a = 1\rb = 2\r\nc = 3\n\x0cd = 4\x0b\x1c\x85\u2028e"
    assert lines(text) == ["a = 1", "b = 2", "c = 3", "\x0cd = 4\x0b\x1c\x85\u2028e"]


def test_what_would_mislead_is_made_visible() -> None:
    assert visible("a\x1b[2J\x00\u202eb\ud800\tc\n") == "a<U+001B>[2J<U+0000><U+202E>b<U+D800>\tc\n"
    assert visible("a\u200bb\u3164c\u00a0d\ufe0f\u2028") == "a<U+200B>b<U+3164>c<U+00A0>d<U+FE0F><U+2028>"
    assert visible("x = 1" + " " * 500 + "; y") == "x = 1<500 blanks>; y"


@pytest.mark.parametrize(
    "text",
    [
        "größe = 'naïve café, 10 µs, Δt, x²'  # — fine …",
        "print('✅️ done', '👩\u200d💻', '❤️')  # 你好, привет, \u0430 \u043e",
        "\ufeffimport locust\r\n\r\nx = 1\r\n",
        "\x0c\nclass A:\n    pass\n",
        "# -*- coding: utf-8 -*-\nx = 1",
        "x = [" + " " * (FAR - 1) + "1]",
        "x" * LONG + "\n" * GAP + "y",
        "def f():\n" + " " * 60 + "return 1",
    ],
)
def test_honest_texts_are_what_they_look_like(text: str) -> None:
    assert list(deceptions(text)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1" + " " * 500 + "; os.kill(1, 9)", "goes on after 500 blanks, far to the right"),
        ("x = 1;" + "\t" * 100 + "y = 2", "goes on after 100 blanks"),
        ("y" * (LONG + 1), f"has {LONG + 1} characters: read it to its end"),
        ("\n" * GAP + "x", f"stands below {GAP} empty lines"),
        ("# a comment\rimport os\nx = 1", "ends with a carriage return"),
        ("# a comment\rimport os\rx = 1", "ends with a carriage return"),
        ("# a comment \u2028 import os", "some editors show as the end of a line"),
        ("# a comment \x0b import os", "some editors show as the end of a line"),
        ("# a comment \x85 import os", "some editors show as the end of a line"),
        ("a = 1  # \u202e reversed", "shows its text in another order than it runs"),
        ("a = 1  # \u200f reversed", "shows its text in another order than it runs"),
        ("pass\u200bword = 1", "holds characters that can't be seen (U+200B)"),
        ("\u3164 = 1", "holds characters that can't be seen (U+3164)"),
        ("a\ufe0f = 1", "holds characters that can't be seen (U+FE0F)"),
        ("p\u0430ssword = 1", "letters of another alphabet"),
        ("\u043e\u0455 = 1", "letters of another alphabet"),
        ("\uff4f\uff53.kill(1)", "which Python reads as os"),
        ("# coding: unicode_escape", "written in unicode_escape"),
        ("#!/usr/bin/python\n# vim: set fileencoding=utf-7 :", "written in utf-7"),
    ],
)
def test_a_line_that_deceives_is_named(text: str, says: str) -> None:
    assert any(says in what for _, what in deceptions(text)), list(deceptions(text))


def test_the_numbers_are_those_of_python() -> None:
    assert [number for number, _ in deceptions("a\r\nb\n# c\rd = 1\n\u202e")] == [5, 3]


@pytest.mark.parametrize("sign", [" ", "\t", "\r", "\n", "\u200b", "\u0430", "\ufe0f", "(", "a", "\x85", " a", "\r\n"])
def test_nothing_takes_longer_than_its_length_explains(sign: str, quick: None) -> None:
    text = sign * (2**18 // len(sign))
    list(deceptions(text))
    visible(text)
