"""The shelf: what cells get to see, laid out once by a grader in memory that only its own processes can see."""

import shutil
from pathlib import Path

from checks.lab.cell.kernel import BIND, NO_DEVICES, NO_SETUID, READ_ONLY, REMOUNT, bind, call, mount_memory
from checks.lab.cell.seccomp import filter_bytes
from checks.lab.cell.system import lay_out, made

LAB = Path(__file__).parents[1]
# Every Linux has this folder, everybody can reach it, and nobody keeps files there. The grader mounts a private one
# over it.
PRIVATE = Path("/dev/shm")  # noqa: S108
PRIVATE_BYTES = 1024**3  # for records and the output of processes
SHELF = PRIVATE / "shelf"
SHELF_BYTES = 256 * 1024**2
FILTER = SHELF / "filter"
FAR_FILTER = SHELF / "far_filter"  # for a cell that plays another machine
VIEW = SHELF / "view"
ENVIRONMENT = Path("/lab")
CELL_PYTHON = str(ENVIRONMENT / "bin" / "python")
SHOWN = ("inside/entry.py", "inside/options.py")  # what runs in a cell; they import nothing of the course
# Where the cell finds these: not in the course's own place, since that may lie in a folder that the cell replaces
# (/tmp).
IN_CELL = {str(LAB / name): f"/course/checks/lab/{name}" for name in SHOWN}
DEVICES = ("null", "random", "urandom")  # not zero: memory that processes share through it counts for none of them
TEXTS = {
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "passwd": "learner:x:1000:1000::/nonexistent:/nonexistent\n",
    "group": "learner:x:1000:\n",
}


def fill() -> None:
    """Fill the shelf with all that a cell sees, by bind mounts, since a cell's user may not reach the originals."""
    SHELF.mkdir()
    mount_memory(SHELF, SHELF_BYTES, NO_SETUID | NO_DEVICES)
    FILTER.write_bytes(filter_bytes())
    FAR_FILTER.write_bytes(filter_bytes(is_far=True))
    for name in DEVICES:
        device = made(SHELF, Path("/dev", name))
        bind(Path("/dev", name), device)
        # Everybody may write to a device and so set its times: two cells could leave each other messages there.
        call("mount", b"none", bytes(device), None, REMOUNT | BIND | READ_ONLY | NO_SETUID, None)
    texts = {Path("/etc", name): text for name, text in TEXTS.items()}
    texts |= {Path(place): Path(source).read_text(encoding="utf-8") for source, place in IN_CELL.items()}
    for place, text in texts.items():
        made(VIEW, place).write_text(text, encoding="utf-8")
    shutil.copyfile("/etc/ld.so.cache", made(VIEW, Path("/etc/ld.so.cache")))
    lay_out(VIEW, ENVIRONMENT, bind)


def system_arguments() -> list[str]:
    """Return the arguments with which bubblewrap shows the shelf."""
    links = [Path(root) for root in ("/lib", "/lib64") if Path(root).is_symlink()]
    return [
        *(word for path in sorted(VIEW.iterdir()) for word in ("--ro-bind", str(path), f"/{path.name}")),
        *(word for link in links for word in ("--symlink", str(link.readlink()), str(link))),
        *(word for name in DEVICES for word in ("--dev-bind", str(SHELF / "dev" / name), f"/dev/{name}")),
        *("--symlink", "/proc/self/fd", "/dev/fd"),
    ]
