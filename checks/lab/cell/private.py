"""The private network of exam mode, for the grader and all that it starts: only loopback, and the shelf for cells.

Root needs no more than that; an ordinary user gets a user namespace as well.
"""

import os
import platform
import shutil
import socket
import sys
from pathlib import Path

from checks.lab.cell.kernel import (
    NEW_MOUNTS,
    NEW_NETWORK,
    NEW_USER,
    PRIVATELY,
    RECURSIVE,
    call,
    loopback_up,
    mount_memory,
)
from checks.lab.cell.seccomp import MACHINES
from checks.lab.cell.shelf import FILTER, PRIVATE, PRIVATE_BYTES, fill

WAY_OUT_OF_USERS = (
    "be root, or allow ordinary users to have one (sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, "
    "or kernel.unprivileged_userns_clone=1)"
)
WAY_OUT_OF_ROOT = "in a container, start it with --privileged"
OPEN_FILES = 16_384
MOST_BUFFERED = 256 * 1024  # bytes
CHILDREN = Path("/proc/thread-self/children")  # such files name the processes whose usage is counted


class NoExam(Exception):
    """Exam mode is not available here; the message says in one line why, and names the way out."""


def enter() -> None:
    """Move this process into a private network, with loopback up, and lay out the shelf for cells.

    Raises:
        NoExam: this system does not allow it.
    """
    require_programs()
    user, group = os.geteuid(), os.getegid()
    try:
        if user:
            call("unshare", NEW_USER | NEW_NETWORK | NEW_MOUNTS)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        else:
            call("unshare", NEW_NETWORK | NEW_MOUNTS)
    except OSError as error:
        raise NoExam(
            f"this system refuses a private network ({error.strerror}): {WAY_OUT_OF_USERS if user else WAY_OUT_OF_ROOT}"
        ) from error
    try:
        loopback_up()
        _narrow_buffers()
        _raise_open_files()
        call("mount", b"none", b"/", None, RECURSIVE | PRIVATELY, None)
        mount_memory(PRIVATE, PRIVATE_BYTES)
        before = os.umask(0o022)  # a cell's user has to read the shelf
        fill()
        os.umask(before)
    except OSError as error:
        raise NoExam(f"a private network was made, but could not be set up ({error})") from error


def _narrow_buffers() -> None:
    """Limit connections to 256 KB each way: systems grant megabytes, which count for no process."""
    for name, size in (("tcp_wmem", 16 * 1024), ("tcp_rmem", 128 * 1024)):
        Path("/proc/sys/net/ipv4", name).write_text(f"4096 {size} {MOST_BUFFERED}")


def _raise_open_files() -> None:
    """Allow the grader more connections than a cell may open, so that it is never the first to run out."""
    import resource  # not on Windows

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def is_inside() -> bool:
    """Tell whether this process has only loopback, and the shelf."""
    return FILTER.is_file() and [name for _, name in socket.if_nameindex()] == ["lo"]


def require_programs() -> None:
    """Require that the system has what exam mode needs.

    Raises:
        NoExam: something is missing; it names the package.
    """
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
