"""Graded runs of the corpus, recorded once and judged again in milliseconds.

    python -m tests.replay record [--stage 05] [--kind wrong] [--only NAME ...] [--again]
    python -m tests.replay check  [--stage 05] [--kind wrong] [--only NAME ...]
    python -m tests.replay bases  [--stage 05] [--again]

`record` grades what has no recording, or a stale one, and keeps what its runs have shown. `check` judges all that is
recorded once more: each criterion has to come to the same outcome, with the same message. `bases` records the runs that
variations are made from, which lie in the repository, and judges the variations. All end with 1 where a verdict is
another one than the corpus expects, or than was recorded.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.corpus import ROOT, Entry, Verdict, entries, grade
from tests.hostile import RUN_LIMIT, made, obstacle
from tests.replay.grading import opened
from tests.replay.recording import Recording, file_of, key
from tests.replay.variations import Variation, base_of, bases, opened_variation, variations

KINDS = ("right", "wrong", "hostile")
ATTEMPTS = 2  # what comes out wrong on a busy machine may come out right the second time


def chosen(options: argparse.Namespace) -> list[Entry]:
    """Return the part of the corpus that is meant."""
    kinds = [options.kind] if options.kind else KINDS
    found = [entry for kind in kinds for entry in entries(kind, f"{options.stage}*")]
    return [entry for entry in found if not options.only or entry.folder.name in options.only]


def recorded(meant: list[Entry]) -> Iterator[tuple[Entry, Recording]]:
    """Yield what is recorded of these entries."""
    for entry in meant:
        if file_of(entry).exists():
            yield entry, Recording.read(file_of(entry))


def stale(meant: Iterable[Entry], place: Callable[[Entry], Path] = file_of) -> list[Entry]:
    """Return the entries whose recording is missing, or was made by other code or of another submission."""
    return [entry for entry in meant if not place(entry).exists() or Recording.read(place(entry)).key != key(entry)]


def record(entry: Entry, place: Callable[[Entry], Path] = file_of, attempts: int = ATTEMPTS) -> str:
    """Grade an entry and keep what its runs have shown; return what is wrong about the verdict, "" where nothing is."""
    mistake = ""
    for _ in range(attempts):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "recording")
            try:
                mistake = _graded(entry, file).mistake(entry)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                mistake = str(error)
            if not mistake:
                Recording.read(file).write(place(entry))
                return ""
    return mistake


def _graded(entry: Entry, file: Path) -> Verdict:
    recording = ("-p", "tests.replay.recorder", f"--record={file}", f"--record-key={key(entry)}", "-k", entry.stage)
    if "hostile" not in entry.folder.parts:
        return grade(*recording, f"--submission={entry.folder}")
    submission = file.with_name("in")
    submission.mkdir()
    hostile = (*recording, f"--submission={made(entry, submission)}", f"--run-limit={RUN_LIMIT}")
    return grade(*hostile, program="checks.lab.exam", PYTHONPATH=str(ROOT))


def difference(entry: Entry, recording: Recording) -> str:
    """Return how the verdict on a recorded entry differs from the one that was recorded; "" where it doesn't."""
    with opened(entry, recording) as case:
        now = case.judge().told
    for before, after in zip(recording.told, now, strict=True):
        if before != after:
            return f"{before.id}: {after.outcome} {after.message!r} instead of {before.outcome} {before.message!r}"
    return ""


def main() -> int:
    """Record or check."""
    parser = argparse.ArgumentParser(description="Graded runs of the corpus, recorded once and judged again.")
    parser.add_argument("command", choices=("record", "check", "bases"))
    parser.add_argument("--stage", default="", help="one stage only, by its number or name")
    parser.add_argument("--kind", choices=KINDS, help="one part of the corpus only")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these entries only")
    parser.add_argument("--again", action="store_true", help="record also what is recorded already")
    options = parser.parse_args()
    if options.command == "check":
        return _check(chosen(options))
    if options.command == "record":
        return _record(chosen(options), options.again, file_of)
    varied = [one for one in variations() if one.entry.stage.startswith(options.stage)]
    wrong = _record(bases(varied), options.again, base_of)
    return wrong or _check_varied(varied)


def _record(meant: list[Entry], again: bool, place: Callable[[Entry], Path]) -> int:
    due, began, wrong = meant if again else stale(meant, place), time.monotonic(), 0
    if any("hostile" in entry.folder.parts for entry in due) and obstacle():
        due = [entry for entry in due if "hostile" not in entry.folder.parts]
        print(f"hostile submissions are left out: {obstacle()}")
    for number, entry in enumerate(due, start=1):
        mistake = record(entry, place)
        wrong += bool(mistake)
        print(f"{number:4} of {len(due)}  {mistake or 'recorded'}  {entry}", flush=True)
    print(
        f"{len(due) - wrong} of {len(meant)} recorded in {time.monotonic() - began:.0f} s, {wrong} verdicts are wrong"
    )
    return bool(wrong)


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
    old, began, count, wrong = set(stale(meant)), time.monotonic(), 0, 0
    for entry, recording in recorded(meant):
        count += 1
        if said := difference(entry, recording):
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
