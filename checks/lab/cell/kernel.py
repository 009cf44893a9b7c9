"""What the kernel does for exam mode: networks, mounts and loopback, for which Python has no functions."""

import contextlib
import ctypes
import os
import socket
import struct
from pathlib import Path

NEW_NETWORK, NEW_MOUNTS, NEW_USER = 0x40000000, 0x00020000, 0x10000000  # see man 2 unshare
BIND, RECURSIVE, PRIVATELY = 0x1000, 0x4000, 0x40000  # see man 2 mount
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, DETACH = 0x1, 0x2, 0x4, 0x8, 0x20, 0x2
GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1  # see man 7 netdevice


def new_network() -> None:
    """Move this thread, and the processes that it starts, into a network of their own, with loopback up."""
    call("unshare", NEW_NETWORK)
    loopback_up()


def enter_network(network: int) -> None:
    """Move this thread into the network that an open file stands for."""
    call("setns", network, NEW_NETWORK)


def call(name: str, *arguments: object) -> None:
    """Call a function of the C library; Python has no functions for these calls before 3.12."""
    passed = [ctypes.c_ulong(argument) if isinstance(argument, int) else argument for argument in arguments]
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*passed) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def mount_memory(place: Path, size: int, flags: int = NO_SETUID | NO_DEVICES | NO_PROGRAMS) -> None:
    """Mount a file system in memory over a folder: at most `size` bytes, and one file for each 16 KiB of them.

    No file in it can be run or loaded as a library, so that a submission can't bring a program of its own.
    """
    options = f"size={size},nr_inodes={size // 16384},mode=755".encode()
    call("mount", b"tmpfs", bytes(place), b"tmpfs", flags, options)


def unmount(place: Path) -> None:
    """Remove what `mount_memory` has mounted over a folder."""
    with contextlib.suppress(OSError):
        call("umount2", bytes(place), DETACH)


def bind(source: Path, place: Path) -> None:
    """Show a file or folder, with everything mounted below it, at another place as well; this creates the place."""
    if not place.exists():
        if source.is_dir():
            place.mkdir()
        else:
            place.touch()
    call("mount", bytes(source), bytes(place), None, BIND | RECURSIVE, None)


def loopback_up() -> None:
    """Make 127.0.0.1 answer in this process's network."""
    import fcntl  # not on Windows, where this module is imported too

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        _, flags = struct.unpack("16sH", fcntl.ioctl(any_socket, GET_FLAGS, struct.pack("16sH", b"lo", 0)))
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH", b"lo", flags | UP))
