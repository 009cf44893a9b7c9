"""The control group: made only where the system allows it. Tested in folders that look like the kernel's."""

import os
import sys
from pathlib import Path

import pytest

from checks.lab.cell.cgroup import FILES, OURS, group

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no other system has control groups")

ONE = "30 23 0:26 {root} {point} rw,relatime shared:9 - cgroup cgroup rw,memory\n"
TWO = "30 23 0:26 {root} {point} rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"


def proc(folder: Path, mounts: str, groups: str) -> Path:
    """Return a stand-in for a process's folder in /proc, with these control groups."""
    told = folder / "proc"
    told.mkdir()
    (told / "mountinfo").write_text("22 1 0:21 / / rw - ext4 /dev/sda rw\n" + mounts)
    (told / "cgroup").write_text(groups)
    return told


@pytest.mark.parametrize(
    ("mount", "groups", "root", "place"),
    [
        (ONE, "9:cpu,cpuacct:/other\n4:memory:/user/me\n0::/\n", "/", "user/me/OURS"),
        (ONE, "4:memory:/docker/1234\n", "/docker/1234", "OURS"),
        (ONE, "4:memory:/\n", "/", "OURS"),
        (TWO, "0::/user.slice/app.slice/run-1.scope\n", "/", "user.slice/app.slice/OURS"),
    ],
    ids=["version 1", "version 1 in a container", "version 1, at the root", "version 2"],
)
def test_it_is_made_below_the_grader_s_own_or_beside_it(
    tmp_path: Path, mount: str, groups: str, root: str, place: str
) -> None:
    for folder in ("user/me", "user.slice/app.slice/run-1.scope"):
        (tmp_path / folder).mkdir(parents=True)
    made = group("cell", 2**30, proc(tmp_path, mount.format(root=root, point=tmp_path), groups))
    assert made
    assert made.folder == tmp_path / place.replace("OURS", f"{OURS}{os.getpid()}-cell")
    assert (made.folder / FILES[made.version][0]).read_text() == str(2**30)


@pytest.mark.parametrize(
    ("mounts", "groups"),
    [
        ("", "0::/user.slice\n"),
        (ONE.format(root="/", point="/proc/none"), "4:memory:/user\n"),  # in which nobody may write
        (ONE.replace("rw,memory", "rw,cpu").format(root="/", point="/tmp"), "4:cpu:/\n"),  # noqa: S108
        (TWO.format(root="/", point="/proc"), "0::/\n"),  # in a container there is no place beside it
    ],
    ids=["no mount", "no right", "no memory", "the root of version 2"],
)
def test_where_none_can_be_made_there_is_none(tmp_path: Path, mounts: str, groups: str) -> None:
    assert group("cell", 2**30, proc(tmp_path, mounts, groups)) is None


def test_what_the_kernel_has_ended_is_an_overrun(tmp_path: Path) -> None:
    made = group("cell", 2**30, proc(tmp_path, TWO.format(root="/", point=tmp_path), "0::/run\n"))
    assert made
    assert not made.is_overrun
    (made.folder / "memory.events").write_text("low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n")
    assert made.is_overrun


def test_groups_of_graders_that_are_gone_are_removed(tmp_path: Path) -> None:
    left, used = tmp_path / f"{OURS}{2**22 + 1}-cell", tmp_path / f"{OURS}{os.getppid()}-cell"
    left.mkdir()
    used.mkdir()
    group("cell", 2**30, proc(tmp_path, ONE.format(root="/", point=tmp_path), "4:memory:/\n"))
    assert (left.exists(), used.exists()) == (False, True)
