"""Graded runs of the corpus, recorded once and judged again in milliseconds.

    python -m tests.replay record [--stage 05] [--kind wrong] [--only NAME ...] [--again] [--exam] [--jobs 2]
    python -m tests.replay check  [--stage 05] [--kind wrong] [--only NAME ...]
    python -m tests.replay freeze [--stage 05] [--kind wrong] [--only NAME ...]
    python -m tests.replay bases  [--stage 05] [--again]

`record` grades the entries that have no recording, or a stale one, and keeps what their runs have shown; with `--exam`
it grades all of them in exam mode, not only the hostile ones, so that it is a round of the corpus there. `check` judges
all recordings once more: each criterion has to get the same outcome, with the same message. `freeze` makes the recorded
verdicts the golden ones, which `record` and `check` then demand. `bases` records the runs from which variations are
made, which lie in the repository, and judges the variations. All commands but `freeze` end with 1 if a verdict differs
from the one that the corpus expects, that was recorded, or that is golden.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from checks.stages import ROOT
from tests.corpus import Entry, Verdict, entries, grade, in_turn
from tests.hostile import RUN_LIMIT, made, obstacle
from tests.replay.golden import departure, freeze, frozen
from tests.replay.grading import opened
from tests.replay.recording import EXAM, Recording, file_of, key
from tests.replay.variations import Variation, base_of, bases, opened_variation, variations

KINDS = ("right", "wrong", "hostile")
ATTEMPTS = 2  # a verdict that is wrong on a busy machine may be right the second time


def chosen(options: argparse.Namespace) -> list[Entry]:
    """Return the chosen part of the corpus."""
    kinds = [options.kind] if options.kind else KINDS
    found = [entry for kind in kinds for entry in entries(kind, f"{options.stage}*")]
    return [entry for entry in found if not options.only or entry.folder.name in options.only]


def recorded(meant: list[Entry]) -> Iterator[tuple[Entry, Recording]]:
    """Yield the recordings of these entries."""
    for entry in meant:
        if file_of(entry).exists():
            yield entry, Recording.read(file_of(entry))


def stale(meant: Iterable[Entry], place: Callable[[Entry], Path] = file_of, exam: bool = False) -> list[Entry]:
    """Return the entries whose recording is missing, or was made by other code or of another submission.

    If `exam` mode is asked for, also those that were recorded in another mode.
    """
    return [entry for entry in meant if not place(entry).exists() or _is_old(entry, Recording.read(place(entry)), exam)]


def _is_old(entry: Entry, recording: Recording, exam: bool) -> bool:
    return recording.key != key(entry) or (exam and recording.mode != EXAM)


class Recorded(NamedTuple):
    """The result of recording an entry: what is wrong with its verdict, and what was wrong at first; "" for nothing."""

    mistake: str
    first: str

    def __str__(self) -> str:
        first = " ".join(self.first.split())
        before = f" (first came out: {first})" if first and self.first != self.mistake else ""
        return (self.mistake or "recorded") + before


def record(
    entry: Entry, place: Callable[[Entry], Path] = file_of, attempts: int = ATTEMPTS, exam: bool = False
) -> Recorded:
    """Grade an entry and keep what its runs have shown, if the verdict is right."""
    mistakes: list[str] = []
    while len(mistakes) < attempts:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "recording")
            try:
                mistake = _graded(entry, file, exam).mistake(entry)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                mistake = str(error)
            if not mistake:
                recording = Recording.read(file)
                recording.write(place(entry))
                mistake = departure(entry, recording.told, frozen())
                if not mistake:
                    return Recorded("", *mistakes[:1] or [""])
            mistakes.append(mistake)
    return Recorded(mistakes[-1], mistakes[0])


def is_hostile(entry: Entry) -> bool:
    """Tell whether an entry is graded in exam mode in any case."""
    return "hostile" in entry.folder.parts


def _graded(entry: Entry, file: Path, exam: bool) -> Verdict:
    recording: tuple[str, ...] = ("-p", "tests.replay.recorder", f"--record={file}", f"--record-key={key(entry)}")
    recording = (*recording, "-k", entry.stage)
    if is_hostile(entry):
        submission = file.with_name("in")
        submission.mkdir()
        recording = (*recording, f"--submission={made(entry, submission)}", f"--run-limit={RUN_LIMIT}")
    else:
        recording = (*recording, f"--submission={entry.folder}")
    if exam or is_hostile(entry):
        return grade(*recording, program="checks.lab.exam", PYTHONPATH=str(ROOT))
    return grade(*recording)


def difference(entry: Entry, recording: Recording) -> str:
    """Return how the verdict on a recorded entry differs from the recorded one; "" if it doesn't."""
    with opened(entry, recording) as case:
        now = case.judge().told
    for before, after in zip(recording.told, now, strict=True):
        if before != after:
            return f"{before.id}: {after.outcome} {after.message!r} instead of {before.outcome} {before.message!r}"
    return ""


def main() -> int:
    """Record or check."""
    parser = argparse.ArgumentParser(description="Graded runs of the corpus, recorded once and judged again.")
    parser.add_argument("command", choices=("record", "check", "freeze", "bases"))
    parser.add_argument("--stage", default="", help="one stage only, by its number or name")
    parser.add_argument("--kind", choices=KINDS, help="one part of the corpus only")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these entries only")
    parser.add_argument("--again", action="store_true", help="record also what is recorded already")
    parser.add_argument("--exam", action="store_true", help="grade all in exam mode, and record what is not from there")
    parser.add_argument("--jobs", type=int, default=1, help="gradings side by side, but for hostile ones (%(default)s)")
    options = parser.parse_args()
    if options.command == "freeze":
        freeze({str(entry): recording.told for entry, recording in recorded(chosen(options))})
        return 0
    if options.command == "check":
        return _check(chosen(options))
    if options.command == "record":
        return _record(chosen(options), options, file_of)
    varied = [one for one in variations() if one.entry.stage.startswith(options.stage)]
    wrong = _record(bases(varied), options, base_of)
    return wrong or _check_varied(varied)


def _record(meant: list[Entry], options: argparse.Namespace, place: Callable[[Entry], Path]) -> int:
    due, began = _due(meant, options, place), time.monotonic()
    wrong = again = 0
    for number, (entry, result) in enumerate(_each_recorded(due, options, place), start=1):
        wrong += bool(result.mistake)
        again += bool(result.first and not result.mistake)
        print(f"{number:4} of {len(due)}  {result}  {entry}", flush=True)
    print(
        f"{len(due) - wrong} of {len(meant)} recorded in {time.monotonic() - began:.0f} s, {wrong} verdicts are wrong, "
        f"{again} were right the second time only"
    )
    return bool(wrong)


def _due(meant: list[Entry], options: argparse.Namespace, place: Callable[[Entry], Path]) -> list[Entry]:
    """Return the entries to record, hostile ones last."""
    due = meant if options.again else stale(meant, place, exam=options.exam)
    if (options.exam or any(map(is_hostile, due))) and (why := obstacle()):
        if options.exam:
            sys.exit(f"exam mode is not available: {why}")
        due = [entry for entry in due if not is_hostile(entry)]
        print(f"hostile submissions are left out: {why}")
    return sorted(in_turn(due), key=is_hostile)


def _each_recorded(
    due: list[Entry], options: argparse.Namespace, place: Callable[[Entry], Path]
) -> Iterator[tuple[Entry, Recorded]]:
    """Record entries side by side, and then the hostile ones one by one: each may need the machine for itself."""
    with ThreadPoolExecutor(options.jobs) as pool:
        peaceful = (entry for entry in due if not is_hostile(entry))
        waiting = {pool.submit(record, entry, place, exam=options.exam): entry for entry in peaceful}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    for entry in filter(is_hostile, due):
        yield entry, record(entry, place)


def _check_varied(varied: Iterable[Variation]) -> int:
    count = wrong = 0
    for variation in varied:
        with opened_variation(variation) as case:
            count += 1
            if mistake := case.mistake(case.judge()):
                wrong += 1
                print(f"{variation}: {mistake.splitlines()[0]}")
    print(f"{count - wrong} of {count} variations get their verdict")
    return bool(wrong)


def _check(meant: list[Entry]) -> int:
    old, began, count, wrong, golden = set(stale(meant)), time.monotonic(), 0, 0, frozen()
    for entry, recording in recorded(meant):
        count += 1
        if said := difference(entry, recording) or departure(entry, recording.told, golden):
            wrong += 1
            print(f"{entry}{' (stale)' if entry in old else ''}: {said}")
    missing = sum(not file_of(entry).exists() for entry in meant)
    print(
        f"{count - wrong} of {count} verdicts are as recorded, in {time.monotonic() - began:.1f} s; "
        f"{len(old) - missing} recordings are stale, {missing} missing"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
