"""INSTRUCTOR.md: its schedules add up and fit the decks, and everything that it mentions exists."""

import re
from datetime import datetime, timedelta

import pytest

from .decks import DECKS, EVERY_SLIDE, ROOT, SLIDES, STAGES, minutes, slides

GUIDE = (SLIDES / "INSTRUCTOR.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[[^]]*\]\(([^)]+)\)")
SCHEDULE = re.compile(r"^\| from \| minutes \| what \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", re.MULTILINE)
each_schedule = pytest.mark.parametrize("table", SCHEDULE.findall(GUIDE), ids=["half a day", "day 1", "day 2"])


def cells(table: str) -> list[list[str]]:
    """Returns the rows of a Markdown table, without its head."""
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in table.strip().splitlines()]


def section(title: str) -> str:
    """Returns the text below a heading."""
    (found,) = re.findall(rf"^#+ {re.escape(title)}[^\n]*\n(.*?)(?=^#|\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    return str(found)


@each_schedule
def test_minutes_add_up(table: str) -> None:
    *rows, (end, said) = cells(table.replace("| | end", "| end"))
    clock = datetime.strptime("09:00", "%H:%M")
    for start, length, _ in rows:
        assert start == clock.strftime("%H:%M")
        clock += timedelta(minutes=int(length))
    assert end == clock.strftime("%H:%M")
    (total,) = re.findall(r"(\d+) minutes", said)
    assert int(total) == sum(int(length) for _, length, _ in rows)


@each_schedule
def test_sessions_have_the_minutes_of_their_decks(table: str) -> None:
    sessions = {link: int(length) for _, length, what in cells(table)[:-1] for link in LINK.findall(what)}
    assert sessions
    assert sessions == {link: minutes(SLIDES / link) for link in sessions}


def test_two_days_hold_every_session_in_order() -> None:
    _, first, second = SCHEDULE.findall(GUIDE)
    assert LINK.findall(first + second) == [deck.name for deck in DECKS]


def test_half_a_day_is_no_longer_than_that() -> None:
    rows = cells(SCHEDULE.findall(GUIDE)[0])
    assert sum(int(length) for _, length, _ in rows[:-1]) <= 240


def test_table_of_the_sessions_is_that_of_the_decks() -> None:
    rows = [(LINK.findall(name)[0], int(total), int(own)) for name, total, own in cells(section("The sessions"))[2:]]
    exercises = {deck: sum(slide.minutes for slide in slides(deck) if "`exercises/" in slide.shown) for deck in DECKS}
    assert rows == [(deck.name, minutes(deck), exercises[deck]) for deck in DECKS]


@pytest.mark.parametrize("stage", STAGES)
def test_stage_has_what_an_instructor_needs(stage: str) -> None:
    text = section(f"{stage[:2]} ")
    assert f"`python3 workshop.py demo {stage[:2]}`" in text
    assert "**Show.**" in text
    assert "**Catch up.**" in text
    assert "solution" in text
    mistakes = re.findall(r"^\| [^|]*\(`(\w+)`\) \| [^|]*\? ?[^|]*\|$", text, re.MULTILINE)
    assert len(mistakes) >= 4
    assert len(mistakes) == text.count("\n| ") - 1, "each mistake has a submission that makes it, and a question"
    missing = [name for name in mistakes if not (ROOT / "tests" / "submissions" / stage / "wrong" / name).is_dir()]
    assert not missing


def test_each_link_leads_somewhere() -> None:
    assert all((SLIDES / link).is_file() for link in LINK.findall(GUIDE))


def test_paths_that_are_named_exist() -> None:
    named = set(re.findall(r"`((?:slides|solutions|tests|exercises)/[\w./]*)`", GUIDE)) - {"slides/build/"}
    notes = " ".join(slide.note for slide in EVERY_SLIDE)
    named |= set(re.findall(r"\b((?:solutions|tests|exercises)/[\w/]+\w(?:\.\w+)?)", notes))
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
