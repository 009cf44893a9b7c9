"""The tree: every file that is opened lies below the given path, even if somebody moves files meanwhile."""

import os
import shutil
from pathlib import Path, PurePath

import pytest

from checks.lab.submission import tree
from checks.lab.submission.tree import Folder, Kind, below

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes links and FIFOs")


@pytest.fixture(params=[True, False], ids=["held open", "looked at step by step"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Hold folders open, or act like a system that can't."""
    if request.param and not tree.HOLDS:
        pytest.skip("this system can't hold folders open")
    monkeypatch.setattr(tree, "HOLDS", request.param)
    return bool(request.param)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Return a folder with one of each kind, and a secret beside it."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_text("secret")
    top = tmp_path / "top"
    (top / "inner").mkdir(parents=True)
    (top / "inner" / "file").write_text("mine")
    (top / "link").symlink_to("inner/file")
    (top / "linked").symlink_to("../secret", target_is_directory=True)
    os.mkfifo(top / "pipe")
    return top


def test_each_name_is_what_it_is(top: Path) -> None:
    kinds = {"inner": Kind.FOLDER, "link": Kind.LINK, "linked": Kind.LINK, "pipe": Kind.OTHER, "none": Kind.NOTHING}
    with Folder(top) as folder:
        assert {name: folder.kind(name) for name in kinds} == kinds
        assert folder.target("linked") == "../secret"


def test_everything_below_comes_in_order_but_nothing_behind_a_link(top: Path) -> None:
    with Folder(top) as folder:
        found = [(name.as_posix(), kind) for _, name, kind in below(folder, lambda name: name != "pipe")]
    assert found == [("link", Kind.LINK), ("linked", Kind.LINK), ("inner/file", Kind.FILE)]


def test_the_given_path_may_be_a_link(top: Path) -> None:
    with Folder(top / "linked") as folder:
        assert folder.read("file", 100) == b"secret"


@pytest.mark.parametrize("name", ["link", "linked", "pipe", "inner", "none"])
def test_what_is_no_plain_file_is_not_read(top: Path, name: str) -> None:
    with Folder(top) as folder, pytest.raises(OSError, match="plain file"):
        folder.read(name, 100)


@pytest.mark.parametrize("name", ["linked", "link", "pipe", "none"])
def test_what_is_no_folder_is_not_entered(top: Path, name: str) -> None:
    with Folder(top) as folder, pytest.raises(OSError):  # noqa: PT011 - the system's own words differ
        folder.folder(name)


def test_no_more_is_read_than_was_asked_for(top: Path) -> None:
    with (top / "inner" / "file").open("wb") as file:
        file.truncate(1 << 40)
    with Folder(top / "inner") as folder:
        assert len(folder.read("file", 10)) == 11


def test_a_folder_that_becomes_a_link_once_it_is_known_is_not_entered(top: Path) -> None:
    with Folder(top) as folder:
        walk = below(folder, lambda _: True)
        assert next(walk)[1] == PurePath("link")
        shutil.rmtree(top / "inner")
        (top / "inner").symlink_to("../secret", target_is_directory=True)
        with pytest.raises(OSError):  # noqa: PT011 - the system's own words differ
            list(walk)


def test_a_file_that_becomes_a_link_between_look_and_opening_is_not_read(
    top: Path, way: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not way:
        pytest.skip("O_NOFOLLOW would help here too, but not on Windows")

    def swapped(self: Folder, name: str) -> Kind:
        (top / "inner" / name).unlink()
        (top / "inner" / name).symlink_to("../../secret/file")
        return Kind.FILE

    monkeypatch.setattr(Folder, "kind", swapped)
    with Folder(top / "inner") as folder, pytest.raises(OSError):  # noqa: PT011 - the system's own words differ
        folder.read("file", 100)


def test_a_folder_held_open_stays_the_same_wherever_its_path_leads(top: Path, way: bool) -> None:
    if not way:
        pytest.skip("a path is all that such a system has")
    with Folder(top) as folder, folder.folder("inner") as inner:
        (top / "inner").rename(top / "away")
        (top / "inner").symlink_to("../secret", target_is_directory=True)
        assert inner.read("file", 100) == b"mine"
