"""Graded runs of the corpus, recorded once and judged again in milliseconds.

    python -m tests.replay record [--stage 05] [--kind wrong] [--only NAME ...] [--again]
    python -m tests.replay check  [--stage 05] [--kind wrong] [--only NAME ...]

`record` grades what has no recording, or a stale one, and keeps what its runs have shown. `check` judges all that is
recorded once more: each criterion has to come to the same outcome, with the same message. Both end with 1 where a
verdict is another one than the corpus expects, or than was recorded.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.corpus import ROOT, Entry, Verdict, entries, grade
from tests.hostile import RUN_LIMIT, made, obstacle
from tests.replay.grading import opened
from tests.replay.recording import Recording, file_of, key

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


def stale(meant: list[Entry]) -> list[Entry]:
    """Return the entries whose recording is missing, or was made by other code or of another submission."""
    known = {entry: recording.key for entry, recording in recorded(meant)}
    return [entry for entry in meant if known.get(entry) != key(entry)]


def record(entry: Entry) -> str:
    """Grade an entry and keep what its runs have shown; return what is wrong about the verdict, "" where nothing is."""
    mistake = ""
    for _ in range(ATTEMPTS):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "recording")
            mistake = _graded(entry, file).mistake(entry)
            if not mistake:
                Recording.read(file).write(file_of(entry))
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
    parser.add_argument("command", choices=("record", "check"))
    parser.add_argument("--stage", default="", help="one stage only, by its number or name")
    parser.add_argument("--kind", choices=KINDS, help="one part of the corpus only")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these entries only")
    parser.add_argument("--again", action="store_true", help="record also what is recorded already")
    options = parser.parse_args()
    meant = chosen(options)
    return _record(meant, options.again) if options.command == "record" else _check(meant)


def _record(meant: list[Entry], again: bool) -> int:
    due, began, wrong = meant if again else stale(meant), time.monotonic(), 0
    if any("hostile" in entry.folder.parts for entry in due) and obstacle():
        due = [entry for entry in due if "hostile" not in entry.folder.parts]
        print(f"hostile submissions are left out: {obstacle()}")
    for number, entry in enumerate(due, start=1):
        mistake = record(entry)
        wrong += bool(mistake)
        print(f"{number:4} of {len(due)}  {mistake or 'recorded'}  {entry}", flush=True)
    print(
        f"{len(due) - wrong} of {len(meant)} recorded in {time.monotonic() - began:.0f} s, {wrong} verdicts are wrong"
    )
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
