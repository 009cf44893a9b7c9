"""The intake: whatever `--submission` names, as a folder or file that can be opened."""

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checks.lab.cell.practice import Cell
from checks.lab.outcome import Failed
from checks.lab.submission.answer import MAX_BYTES
from checks.lab.submission.archive import is_archive, unpacked
from checks.lab.submission.unpack import SUFFIXES

EXPECTED = f"a folder, a locustfile in Python, or an archive ({', '.join(SUFFIXES)})"


@contextmanager
def taken_in(path: Path, make_cell: Callable[[], Cell] = Cell) -> Iterator[Path]:
    """Yield the folder or the locustfile that `path` is or, if it is an archive, holds; valid until the block ends.

    An archive is unpacked in a cell.

    Raises:
        Failed: it is something else.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        yield path
        return
    if not stat.S_ISREG(status.st_mode):
        raise Failed(f"{path.name} is neither a file nor a folder", EXPECTED, "hand in a plain file")
    if is_archive(path):
        with unpacked(path, make_cell) as folder:
            yield folder
        return
    if path.suffix != ".py":
        raise Failed(f"{path.name} does not end in .py", EXPECTED, "hand in the locustfile itself")
    if status.st_size > MAX_BYTES:
        raise Failed(
            f"{path.name} has {status.st_size >> 20} MB", f"at most {MAX_BYTES >> 20} MB", "hand in code alone"
        )
    yield path
