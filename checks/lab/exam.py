"""Exam mode: a private network with loopback alone, for the grader and all that it starts. Linux, with bubblewrap.

python -m checks.lab.exam [what pytest takes]    the same as python -m pytest, but there
python -m checks.lab.exam --probe                ends with 0 where exam mode works; else says why not, with 1

As root it needs no more than that; an ordinary user gets a user namespace besides. What the cells of submissions
may see of the system stands on a shelf, in memory that only this grader and what it starts can see.
"""

import contextlib
import ctypes
import os
import platform
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

from checks.lab.cell.cgroup import group
from checks.lab.cell.seccomp import MACHINES, filter_bytes
from checks.lab.cell.shelf import lay_out, made
from checks.stages import ROOT

# Every Linux has this folder, anybody can reach it, and nobody keeps files there. A private one lies over it.
PRIVATE = Path("/dev/shm")  # noqa: S108
PRIVATE_BYTES = 1024**3  # records and what processes print
SHELF = PRIVATE / "shelf"
SHELF_BYTES = 256 * 1024**2
FILTER = SHELF / "filter"
FAR_FILTER = SHELF / "far_filter"  # for a cell that plays another machine
VIEW = SHELF / "view"
ENVIRONMENT = Path("/lab")
CELL_PYTHON = str(ENVIRONMENT / "bin" / "python")
SHOWN = ("inside/entry.py", "locust/settings.py")  # what runs in a cell; they import nothing of the course
# Where the cell finds these: not where the course lies, since that may be a folder that the cell has of its own (/tmp).
IN_CELL = {str(Path(__file__).parent / name): f"/course/checks/lab/{name}" for name in SHOWN}
DEVICES = ("null", "random", "urandom")  # not zero: memory that processes share through it belongs to none of them
TEXTS = {
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "passwd": "learner:x:1000:1000::/nonexistent:/nonexistent\n",
    "group": "learner:x:1000:\n",
}

NEW_NETWORK, NEW_MOUNTS, NEW_USER = 0x40000000, 0x00020000, 0x10000000  # see man 2 unshare
BIND, RECURSIVE, PRIVATELY = 0x1000, 0x4000, 0x40000  # see man 2 mount
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, DETACH = 0x1, 0x2, 0x4, 0x8, 0x20, 0x2
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1  # see man 7 netdevice
WAY_OUT_OF_USERS = (
    "be root, or allow ordinary users to have one (sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, "
    "or kernel.unprivileged_userns_clone=1)"
)
WAY_OUT_OF_ROOT = "in a container, start it with --privileged"
REFUSAL = "exam mode can't be had: "
OPEN_FILES = 16_384
MOST_BUFFERED = 256 * 1024  # bytes
CHILDREN = Path("/proc/thread-self/children")  # what processes take is counted by what such files name
WITH_PATH = ("--submission", "--report")
PROBE_LIMIT = 60.0  # seconds; an idle machine needs half of one


class NoExam(Exception):
    """Exam mode can't be had here; the message is one line that says why, and the way out."""


def enter() -> None:
    """Move this process into a private network, with loopback up, and lay out the shelf for cells.

    Raises:
        NoExam: this system does not let it.
    """
    _require_programs()
    user, group = os.geteuid(), os.getegid()
    try:
        if user:
            _call("unshare", NEW_USER | NEW_NETWORK | NEW_MOUNTS)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        else:
            _call("unshare", NEW_NETWORK | NEW_MOUNTS)
    except OSError as error:
        raise NoExam(
            f"this system refuses a private network ({error.strerror}): {WAY_OUT_OF_USERS if user else WAY_OUT_OF_ROOT}"
        ) from error
    try:
        _loopback_up()
        _narrow_buffers()
        _raise_open_files()
        _call("mount", b"none", b"/", None, RECURSIVE | PRIVATELY, None)
        mount_memory(PRIVATE, PRIVATE_BYTES)
        before = os.umask(0o022)  # a cell's user has to read it
        _lay_out()
        os.umask(before)
    except OSError as error:
        raise NoExam(f"a private network could be had, but not set up ({error})") from error


def _narrow_buffers() -> None:
    """Let connections hold a quarter of a megabyte each way, not the many that systems grant: no process owns these."""
    for name, size in (("tcp_wmem", 16 * 1024), ("tcp_rmem", 128 * 1024)):
        Path("/proc/sys/net/ipv4", name).write_text(f"4096 {size} {MOST_BUFFERED}")


def _raise_open_files() -> None:
    """Let the grader hold more connections than a cell may open, so that it is never the first to run out."""
    import resource  # not on Windows

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def is_inside() -> bool:
    """Tell whether this process has loopback alone, and the shelf."""
    return FILTER.is_file() and [name for _, name in socket.if_nameindex()] == ["lo"]


def obstacle() -> str:
    """Return why exam mode can't be had, in one line; empty where it can. Tries it out, in a process of its own."""
    try:
        _require_programs()
    except NoExam as error:
        return str(error)
    try:
        trial = subprocess.run(
            [sys.executable, "-P", "-m", "checks.lab.exam", "--trial"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"a cell has not started within {PROBE_LIMIT:.0f} s: is the machine very busy? Try again"
    lines = (trial.stdout + trial.stderr).strip().splitlines()
    return (lines or ["a cell does not start, and says nothing"])[-1].removeprefix(REFUSAL) if trial.returncode else ""


def memory_is() -> str:
    """Return how the memory of cells is bounded here, as a sentence goes on."""
    if tried := group("probe", SHELF_BYTES):
        tried.close()
        return f"control groups (version {tried.version}) hold the memory of cells to the byte"
    return "the memory of cells is counted ten times a second, as this system lets the grader make no control groups"


def _require_programs() -> None:
    if sys.platform != "linux":
        raise NoExam("it needs Linux: grade in a container (see .ci/Dockerfile), or in practice mode")
    if platform.machine() not in MACHINES:
        raise NoExam(f"there is no system call filter for {platform.machine()}, only for {', '.join(MACHINES)}")
    for program, package in (("bwrap", "bubblewrap"), ("prlimit", "util-linux")):
        if not shutil.which(program):
            raise NoExam(f"it needs {package}: sudo apt install {package} (or dnf ...)")
    if platform.libc_ver()[0] != "glibc":
        raise NoExam("it needs a system with glibc, which Alpine Linux lacks: use Debian, Ubuntu or Fedora")
    if not CHILDREN.exists():
        raise NoExam("this kernel names no children of a process (CONFIG_PROC_CHILDREN): nobody could count them")


# --- what a cell may see of the system


def _lay_out() -> None:
    """Put on the shelf what a cell sees; binds, since a cell's user may have no way to the originals."""
    SHELF.mkdir()
    mount_memory(SHELF, SHELF_BYTES, NO_SETUID | NO_DEVICES)
    FILTER.write_bytes(filter_bytes())
    FAR_FILTER.write_bytes(filter_bytes(is_far=True))
    for name in DEVICES:
        device = made(SHELF, Path("/dev", name))
        _bind(Path("/dev", name), device)
        # Anybody may write to a device, so anybody may set its times: for two cells that would be a blackboard.
        _call("mount", b"none", bytes(device), None, REMOUNT | BIND | READ_ONLY | NO_SETUID, None)
    texts = {Path("/etc", name): text for name, text in TEXTS.items()}
    texts |= {Path(place): Path(source).read_text(encoding="utf-8") for source, place in IN_CELL.items()}
    for place, text in texts.items():
        made(VIEW, place).write_text(text, encoding="utf-8")
    shutil.copyfile("/etc/ld.so.cache", made(VIEW, Path("/etc/ld.so.cache")))
    lay_out(VIEW, ENVIRONMENT, _bind)


def system_arguments() -> list[str]:
    """Return bubblewrap's arguments that show what stands on the shelf."""
    links = [Path(root) for root in ("/lib", "/lib64") if Path(root).is_symlink()]
    return [
        *(word for path in sorted(VIEW.iterdir()) for word in ("--ro-bind", str(path), f"/{path.name}")),
        *(word for link in links for word in ("--symlink", str(link.readlink()), str(link))),
        *(word for name in DEVICES for word in ("--dev-bind", str(SHELF / "dev" / name), f"/dev/{name}")),
        *("--symlink", "/proc/self/fd", "/dev/fd"),
    ]


# --- what the kernel does


def new_network() -> None:
    """Move this thread, and what it starts, into a network that nobody else is in, with loopback up."""
    _call("unshare", NEW_NETWORK)
    _loopback_up()


def enter_network(network: int) -> None:
    """Move this thread into the network that an open file stands for."""
    _call("setns", network, NEW_NETWORK)


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library; Python has none for these before 3.12."""
    passed = [ctypes.c_ulong(argument) if isinstance(argument, int) else argument for argument in arguments]
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*passed) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def mount_memory(place: Path, size: int, flags: int = NO_SETUID | NO_DEVICES | NO_PROGRAMS) -> None:
    """Lay a file system in memory over a folder: `size` bytes at most, and a file for each 16 KiB of them.

    Nothing in it can be run or loaded as a library: a submission brings no program of its own.
    """
    options = f"size={size},nr_inodes={size // 16384},mode=755".encode()
    _call("mount", b"tmpfs", bytes(place), b"tmpfs", flags, options)


def unmount(place: Path) -> None:
    """Take away what `mount_memory` has laid over a folder."""
    with contextlib.suppress(OSError):
        _call("umount2", bytes(place), DETACH)


def _bind(source: Path, place: Path) -> None:
    if not place.exists():
        if source.is_dir():
            place.mkdir()
        else:
            place.touch()
    _call("mount", bytes(source), bytes(place), None, BIND | RECURSIVE, None)


def _loopback_up() -> None:
    import fcntl  # not on Windows, where this module is imported too

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        _, flags = struct.unpack("16sH", fcntl.ioctl(any_socket, GET_FLAGS, struct.pack("16sH", b"lo", 0)))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH", b"lo", flags | UP))


# --- the command


def main(words: list[str]) -> None:
    """Do what the command line asks for."""
    if words == ["--probe"]:
        if why := obstacle():
            sys.exit(REFUSAL + why)
        print(f"exam mode works here; {memory_is()}")
        return
    try:
        enter()
    except NoExam as error:
        sys.exit(f"{REFUSAL}{error}")
    if words == ["--trial"]:
        sys.exit(_trial() or 0)
    # -P: a grader who stands in a submission's folder must not import from there; -c: nor read its settings.
    options = ["-c", str(ROOT / "pyproject.toml"), "--isolation=exam"]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "pytest", *options, *_joined(words)])  # noqa: S606 - no shell is the point


def _joined(words: list[str]) -> list[str]:
    """Write `--submission PATH` as one word: pytest loads a conftest.py from what looks to it like a path of tests."""
    if len(words) < 2:
        return words
    first, second, *rest = words
    return [f"{first}={second}", *_joined(rest)] if first in WITH_PATH else [first, *_joined(words[1:])]


def _trial() -> str:
    """Start a cell that does nothing; return what it says where it does not start."""
    from checks.lab.cell.bubblewrap import Bubble

    with Bubble() as cell, (cell.root / "said").open("w+b") as output:
        process = cell.start(["-c", "import locust.clients"], output, cell.root / "told")
        if process.wait(PROBE_LIMIT) == 0:
            return ""
        said = (cell.root / "said").read_text(errors="replace").strip().splitlines()
        return f"a cell does not start: {[*said, cell.broken][-1] or f'it ends with status {process.returncode}'}"


if __name__ == "__main__":
    main(sys.argv[1:])
