"""Messages: numbers are read as people write them, and a list of all possible numbers doesn't pass."""

import time

import pytest

from checks.judging.numbers import MOST_NUMBERS, columns, numbers


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("status 404 instead of 200", {404, 200}),
        ("Response time exceeded 3000.0ms: (3204ms)", {3000, 3204}),
        ("3,204.31 ms", {3204.31, 3, 204.31}),
        ("3 204 ms", {3204, 3, 204}),
        ("3_204 ms", {3204, 3, 204}),
        ("3.204 s", {3.204}),
        ("HTTP 503, took 1e+04", {503, 10_000}),
        ("no number", set()),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, named: set[float]) -> None:
    assert numbers(text) == named


def test_only_the_first_numbers_of_a_list_count() -> None:
    assert numbers(" or ".join(map(str, range(100, 600)))) == set(range(100, 100 + MOST_NUMBERS))


def test_a_message_of_megabytes_is_read_in_a_moment() -> None:
    before = time.perf_counter()
    for text in ("9" * 4_000_000, "1,222" * 1_000_000, "1 " * 2_000_000):
        numbers(text)
    assert time.perf_counter() - before < 5


def found(*texts: str) -> list[list[float]]:
    return list(columns(texts, lambda number: number > 1000))


def test_a_number_that_follows_its_message_is_a_column() -> None:
    assert [3204.0, 4500.0] in found("3204 ms over 3000 ms, 17 users", "4500 ms over 3000 ms, 9 users")


def test_a_number_is_found_from_the_back_where_much_may_come_before_it() -> None:
    assert [3204.0, 4500.0] in found("user 1200 took 3204 ms", "users 1300 and 1400 took 4500 ms")


def test_a_number_is_found_between_others_of_which_only_some_are_worth_keeping() -> None:
    texts = ("after Pet 17: 3204 ms, before Pet 9156", "after Pet 5508: 4500 ms, before Pet 3", "Pet 1: 3300 ms, Pet 2")
    assert [3204.0, 4500.0, 3300.0] in found(*texts)


def test_a_column_has_only_numbers_that_are_worth_keeping() -> None:
    columns_found = found("1200 3204 ms 8 3000", "7 4500 ms 1900 3000")
    assert all(number > 1000 for column in columns_found for number in column)
    assert not any(3000.0 in column for column in columns_found)


def test_numbers_that_are_the_same_in_each_message_are_no_column() -> None:
    assert not found("3300 or 4300 or 4700 ms", "3300 or 4300 or 4700 ms")


def test_messages_without_numbers_have_no_columns() -> None:
    assert not found("slow", "3204 ms")
    assert not found()
