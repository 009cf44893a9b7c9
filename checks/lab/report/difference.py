"""The difference: what a submission has changed in the starter's files, and which files it has left unchanged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from checks.lab.report.evidence import Source
from checks.lab.submission.answer import WORDS
from checks.stages import named

AROUND = 3  # unchanged lines that are shown before and after a change


@dataclass(frozen=True)
class DiffLine:
    """A line as it is shown: added, removed or kept; `number` is its number in the submission, 0 if it is not there."""

    kind: str
    text: str
    number: int = 0


@dataclass(frozen=True)
class Difference:
    """A submitted file beside the starter's: stretches of changed lines and their surroundings.

    `more` says in words how much is not shown.
    """

    name: str
    is_new: bool
    more: str
    stretches: tuple[tuple[DiffLine, ...], ...]

    @property
    def is_unchanged(self) -> bool:
        """Whether it is the same as the starter's, as far as it was read."""
        return not self.is_new and not self.stretches

    def count(self, kind: str) -> int:
        """Return how many lines were added or removed."""
        return sum(line.kind == kind for stretch in self.stretches for line in stretch)


def differences(stage: str, sources: Sequence[Source]) -> list[Difference]:
    """Return each submitted file beside the starter's file of that name; a locustfile may have another name."""
    starter, locustfile = named(stage).starter, named(stage).locustfile
    known = {file.name: file for file in starter.iterdir()} if starter.is_dir() else {}
    names = {source.name for source in sources}
    found = []
    for number, source in enumerate(sources):
        is_renamed = number == 0 and locustfile not in names and source.name.endswith(".py")
        original = known.get(locustfile if is_renamed else source.name)
        before = original.read_text(encoding="utf-8").rstrip("\n").split("\n") if original else []
        found.append(
            Difference(source.name, original is None, source.more, tuple(_stretches(before, source.text.split("\n"))))
        )
    return [each for each in found if PurePosixPath(each.name).name != WORDS]


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[DiffLine, ...]]:
    if not before:
        yield tuple(DiffLine("added", text, number) for number, text in enumerate(after, start=1))
        return
    # Blanks at the end of a line don't count as a change, nor do empty lines that an editor adds or removes at the end.
    old, new = ([line.rstrip() for line in lines] for lines in (before, after))
    while new and not new[-1]:
        new.pop()
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        yield tuple(line for step in group for line in _lines(*step, before, after))


def _lines(
    tag: str, low: int, high: int, start: int, end: int, before: Sequence[str], after: Sequence[str]
) -> Iterator[DiffLine]:
    if tag == "equal":
        yield from (DiffLine("kept", after[n], n + 1) for n in range(start, end))
        return
    yield from (DiffLine("removed", text) for text in before[low:high])
    yield from (DiffLine("added", after[n], n + 1) for n in range(start, end))
