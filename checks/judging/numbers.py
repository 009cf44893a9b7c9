"""Messages: the numbers in them, and whether these follow what each message is about."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

GROUPED = r"(?<!\d)\d{1,3}(?:[,_' \u00a0\u202f]\d{3})+(?:\.\d+)?(?!\d)"  # with a separator between the thousands
PLAIN = r"\d+(?:\.\d+)?(?:e\+\d+)?"
# A message that also holds a date, a time, an address, a size and a user has some twenty numbers. One that lists
# hundreds would hold the right one by chance, and no message should cost the grader more than a moment.
MOST_NUMBERS, MOST_CHARACTERS = 40, 10_000


def numbers(text: str) -> set[float]:
    """Return the first numbers in a message; what may be one grouped number or several plain ones counts as both."""
    return {number for reading in _readings(text) for number in reading}


def columns(texts: Sequence[str], keep: Callable[[float], bool]) -> Iterator[list[float]]:
    """Yield the numbers that stand at the same place in each of these messages, counted from the front or the back.

    Only numbers that `keep` accepts make a column. A number that is in every message is left out, since it says nothing
    about any of them. Places are counted twice: among all numbers, and among the accepted ones only. Either count alone
    could fail, since the numbers before and behind may vary from message to message, in value and in count.
    """
    for reading in zip(*map(_readings, texts), strict=True):
        kept = [[number for number in found if keep(number)] for found in reading]
        constant = set.intersection(*map(set, kept)) if len(kept) > 1 else set()
        kept = [[number for number in found if number not in constant] for found in kept]
        for column in (*_places(reading), *_places(kept)):
            if all(keep(number) and number not in constant for number in column):
                yield column


def _places(lists: Sequence[list[float]]) -> Iterator[list[float]]:
    """Yield the numbers at the same place in each list, counted from the front and from the back."""
    for place in range(min(map(len, lists))):
        yield [found[place] for found in lists]
        yield [found[-1 - place] for found in lists]


def _readings(text: str) -> tuple[list[float], list[float]]:
    """Return the numbers of a message in their order: thousands grouped where that is possible, and never grouped."""
    return _found(f"{GROUPED}|{PLAIN}", text), _found(PLAIN, text)


def _found(pattern: str, text: str) -> list[float]:
    found = islice(re.finditer(pattern, text[:MOST_CHARACTERS]), MOST_NUMBERS)
    return [float(re.sub(r"[^\d.e]", "", number[0])) for number in found]
