"""The control group: the kernel's own count of what a cell takes, if the grader may make a group of its own.

It counts what a look from outside misses, such as the kernel's memory behind sockets, pipes and file locks, and
enforces the limit to the byte. Without a control group, only the guard in `bubblewrap` counts.

Root may make groups nearly everywhere: in version 1 below the grader's own group, in version 2 beside it, since there a
group with processes may have no groups below it. An ordinary user may do so if systemd has delegated a part of the
hierarchy: in the session of a desktop, or under `systemd-run --user --scope`.
"""

import contextlib
import os
import time
from pathlib import Path

OURS = "workshop-"
PATIENCE = 2.0  # seconds for the kernel to let go of processes that have ended
# The files that hold the limit, limit swap (not on every system), and count the processes that the kernel has ended.
FILES = {
    1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control"),
    2: ("memory.max", "memory.swap.max", "memory.events"),
}


class ControlGroup:
    """A control group whose processes together have bounded memory."""

    def __init__(self, folder: Path, version: int, memory: int) -> None:
        self.folder = folder
        self.version = version
        most, swap, self._events = FILES[version]
        (folder / most).write_text(str(memory))
        with contextlib.suppress(OSError):  # a system without swap
            (folder / swap).write_text(str(memory if version == 1 else 0))

    def add(self, *processes: int) -> None:
        """Add processes; children that they have forked already stay out."""
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                (self.folder / "cgroup.procs").write_text(str(process))

    @property
    def is_overrun(self) -> bool:
        """Whether the kernel has ended a process of the group because they all together wanted too much."""
        with contextlib.suppress(OSError):
            words = (self.folder / self._events).read_text().split()
            return int(words[words.index("oom_kill") + 1]) > 0
        return False

    def close(self) -> None:
        """Remove the group; its processes have ended."""
        deadline = time.monotonic() + PATIENCE
        while self.folder.exists() and time.monotonic() < deadline:
            try:
                self.folder.rmdir()
            except OSError:
                time.sleep(0.01)


def group(name: str, memory: int, proc: Path = Path("/proc/self")) -> ControlGroup | None:
    """Return a new group for `memory` bytes; None if this system doesn't let the grader make one."""
    for version, above in _places(proc):
        _sweep(above)
        folder = above / f"{OURS}{os.getpid()}-{name}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            return ControlGroup(folder, version, memory)
        except OSError:
            folder.rmdir()
    return None


def _sweep(above: Path) -> None:
    """Remove the groups of graders that were killed; the processes in them ended with the graders."""
    for left in above.glob(f"{OURS}*"):
        if not Path("/proc", left.name.removeprefix(OURS).split("-")[0]).exists():
            with contextlib.suppress(OSError):
                left.rmdir()


def _places(proc: Path) -> list[tuple[int, Path]]:
    """Return the versions and folders in which the grader could make groups that count memory."""
    own: dict[str, str] = {}
    for line in (proc / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own |= dict.fromkeys(controllers.split(","), path)  # version 2 names no controller
    found = []
    for line in (proc / "mountinfo").read_text().splitlines():
        mount, _, kind = line.partition(" - ")
        root, point = mount.split()[3:5]
        system, _, options = kind.split(maxsplit=2)
        if system == "cgroup" and "memory" in options.split(",") and "memory" in own:
            found.append((1, _below(point, root, own["memory"])))
        if system == "cgroup2" and own.get("", "/") != "/":
            found.append((2, _below(point, root, own[""]).parent))
    return found


def _below(point: str, root: str, path: str) -> Path:
    """Return the place of a group's folder in a mount that may show only a part of the hierarchy, as in containers."""
    inside = os.path.relpath(path, root)
    return Path(point) if inside.startswith("..") else Path(point, inside)
