"""The source: what can be read is read, and what can't be does no harm."""

from pathlib import Path

import pytest

from checks.lab import source
from checks.lab.submission import find


def of(folder: Path, code: str | bytes) -> set[str]:
    (folder / "locustfile.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    return source.words(find(folder, "02_stress_test"))


def test_words_are_names_attributes_imports_and_texts_of_one_word(tmp_path: Path) -> None:
    code = 'from os import abort\ngetattr(runner, "quit")\nuser.stop()\nsay("no word of it")\n'
    assert {"abort", "quit", ".stop", "runner"} <= of(tmp_path, code)
    assert "no word of it" not in of(tmp_path, code)


@pytest.mark.parametrize(
    "code",
    ["def (", b"\xff\xfe", b"\0", "x = " + "(" * 2_000, "x = " + "-" * 50_000 + "1", "x = 1" + " + 1" * 200_000],
    ids=["no Python", "no UTF-8", "a NUL", "deep", "deeper", "long"],
)
def test_what_cannot_be_read_has_no_words(tmp_path: Path, code: str | bytes) -> None:
    assert of(tmp_path, code) == set()
