"""The announcements: the lines in which a worker says that its master is missing."""

import re
from dataclasses import dataclass

# A waiting worker may say this in any honest words, as long as it names the master or its address, and the trouble.
MASTER = re.compile(r"master|coordinator|leader|127\.0\.0\.1|localhost|:\d{4,5}\b", re.IGNORECASE)
MISSING = re.compile(
    r"wait|try|retries|\bno\b|not\b|n't\b|cannot|unable|fail|lost|miss|absent|without|unreach|unavail|refus|offline|"
    r"disconnect|time[ds]? ?-?out|until|yet|gone|down|dead|look|search|again|connecting|stand(ing)? ?by|pending|"
    r"\bstart(?!ed|s)|\?|warte|kein",
    re.IGNORECASE,
)
OF_LOCUST = re.compile(r"^\[[^]]*\] \S+: ")  # time, host, level and logger
WITH_DIGITS = re.compile(r"[\w.:-]*\d[\w.:-]*")
LONGEST = 1_000  # characters of a line
OF_A_TRACEBACK = re.compile(r"^(\s|Traceback |\w*(Error|Exception)\b)")


@dataclass(frozen=True)
class Announcement:
    """A line in which a worker says that its master is missing, and how many seconds after its start it first came.

    Lines of one `kind` differ only in their numbers.
    """

    kind: str
    line: str
    after: float


def announcements(printed: str) -> dict[str, str]:
    """Return the lines that name the master and say that it is missing, the first of each kind.

    Lines that differ only in numbers, such as counters and times, are of one kind.
    """
    found: dict[str, str] = {}
    for line in printed.splitlines():
        words = OF_LOCUST.sub("", line[:LONGEST]).strip()
        if MASTER.search(words) and MISSING.search(words) and not OF_A_TRACEBACK.match(line):
            found.setdefault(WITH_DIGITS.sub("#", words), words)
    return found
