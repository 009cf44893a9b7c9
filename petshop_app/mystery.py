"""The mystery shop: a capacity that depends on a name, for a class to find by measurement."""

import hashlib
import unicodedata
from typing import Final, NamedTuple

MAX_NAME_LENGTH: Final = 100
SEATS: Final = range(10, 31)
# At 100 requests/s, a minute adds 3000 pets to the dashboard. In such a minute on two cores, 200 users still got 99 %
# of that rate, including the ramp. Below 40 requests/s, 200 users would wait longer than a class is willing to.
REQUESTS_PER_SECOND: Final = range(40, 101)


class Limits(NamedTuple):
    """What a shop can do: `seats` requests at once, each for `work_ms` milliseconds."""

    seats: int
    work_ms: int

    @property
    def throughput_rps(self) -> float:
        """The most requests/s that the shop answers."""
        return self.seats * 1000 / self.work_ms


def limits(name: str) -> Limits:
    """Return the limits of the shop of `name`: the same on every machine; case and surrounding blanks don't count.

    Raises:
        ValueError: `name` is blank, too long, or not a text; the message is one sentence.
    """
    # Unicode's caseless match: a terminal may send an accented letter as one character or as two.
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold()).strip()
    if not 0 < len(plain) <= MAX_NAME_LENGTH or not plain.isprintable():
        raise ValueError(f"give a name of 1 to {MAX_NAME_LENGTH} printable characters, not {name[:40]!r}")
    digest = hashlib.sha256(plain.encode()).digest()
    seats, rate = (
        choices[int.from_bytes(part) % len(choices)]
        for choices, part in ((SEATS, digest[:8]), (REQUESTS_PER_SECOND, digest[8:16]))
    )
    return Limits(seats, round(1000 * seats / rate))
