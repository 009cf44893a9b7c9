"""The origin: the line that a message names, or the one that has probably sent a request, found by reading the files.

The record does not say which line sent a request. The strings in a file suggest it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from checks.lab.code.reader import answers
from checks.lab.outcome import Result
from checks.lab.report.evidence import Evidence, Source
from checks.lab.report.timeline import Mark, UserRow

BEFORE = 3  # requests of the same user
MAX_LINES = 3  # more candidates tell nothing
MAX_TEXT = 120
NAMED = re.compile(r"([\w./-]+\.\w+)(?:, line |:)(\d+)")  # as messages name a place


@dataclass(frozen=True)
class CodeLine:
    """A line of a submitted file."""

    file: str
    number: int
    text: str

    @property
    def place(self) -> str:
        """The file and line in the form that editors open."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class Origin:
    """Where a failure comes from, as far as that is known; `run` counts from 1, and is 0 if no request is to blame.

    The lines are certain if the message names one, and a good guess if they are the lines that fit the request.
    """

    lines: tuple[CodeLine, ...] = ()
    run: int = 0
    row: UserRow | None = None
    mark: Mark | None = None
    before: tuple[Mark, ...] = ()  # what the same user sent just before


def origin(result: Result, evidence: Evidence) -> Origin:
    """Return where the failure of a criterion comes from."""
    for number, run in enumerate(evidence.runs, start=1):
        if run.culprit_of == result.criterion.title and run.culprit:
            row, mark = run.culprit
            earlier = row.marks[: row.marks.index(mark)] if run.every == 1 else ()
            return Origin(tuple(origins(mark.text, evidence.sources)), number, row, mark, earlier[-BEFORE:])
    certain = named(result.seen, evidence.sources)
    return Origin((certain,) if certain else ())


def line(source: Source, number: int) -> CodeLine | None:
    """Return a line of a file; None if it has no such line."""
    lines = source.text.split("\n")
    if not 1 <= number <= len(lines):
        return None
    text = lines[number - 1].strip()
    return CodeLine(source.name, number, text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}...")


def named(message: str, sources: Iterable[Source]) -> CodeLine | None:
    """Return the first line of a submitted file that a message names."""
    by_name = {source.name.rpartition("/")[2]: source for source in reversed(list(sources))}
    for name, number in NAMED.findall(message):
        source = by_name.get(name.rpartition("/")[2])
        if source and len(number) < 8 and (found := line(source, int(number))):
            return found
    return None


def first(pattern: str, sources: Iterable[Source]) -> CodeLine | None:
    """Return the first line of the Python files in which a pattern occurs, outside of comments and imports."""
    wanted = re.compile(pattern)
    for source in sources:
        for number, text in enumerate(source.text.split("\n"), start=1):
            code = text.lstrip()[:MAX_TEXT]
            if source.name.endswith(".py") and not code.startswith(("#", "import ", "from ")) and wanted.search(code):
                return line(source, number)
    return None


def origins(request: str, sources: Iterable[Source]) -> list[CodeLine]:
    """Return the lines whose strings can make a request such as "GET /pets?page=2", those that fit best."""
    method, _, address = request.partition(" ")
    found: list[tuple[int, CodeLine]] = []
    code = [source for source in sources if source.name.endswith(".py")]
    questions = [{"text": source.text, "method": method, "address": address} for source in code]
    for source, weighed in zip(code, answers("checks.lab.code.spelling", questions), strict=True):
        found += [(weight, own) for weight, number in weighed or [] if (own := line(source, number))]
    best = max((weight for weight, _ in found), default=0)
    lines = list(dict.fromkeys(own for weight, own in found if weight == best))
    return lines if len(lines) <= MAX_LINES else []
