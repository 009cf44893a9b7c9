"""Exam mode on a machine that can't run it: it names what is missing, and never falls back to less."""

import sys
from pathlib import Path

import pytest

from checks.lab import exam


@pytest.mark.parametrize(
    ("what", "value", "named"),
    [
        ("sys.platform", "darwin", "needs Linux"),
        ("platform.machine", lambda: "sparc64", "sparc64"),
        ("shutil.which", lambda _: None, "sudo apt install bubblewrap"),
        ("platform.libc_ver", lambda: ("", ""), "needs a system with glibc"),
        ("CHILDREN", Path("/nowhere/children"), "CONFIG_PROC_CHILDREN"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="exam mode needs Linux")
def test_it_names_what_the_machine_lacks(what: str, value: object, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"checks.lab.cell.private.{what}", value)
    assert named in exam.obstacle()
