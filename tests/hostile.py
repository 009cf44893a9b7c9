"""Hostile submissions: made from their descriptions, graded in exam mode, and searched for anything left behind."""

import ctypes
import hashlib
import io
import os
import re
import socket
import subprocess
import sys
import tarfile
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

from checks.stages import ROOT
from tests.corpus import Entry, Verdict, entries, grade

CANARY_PORT = 49572  # hostile submissions call it; it listens outside of their network
CANARY_FILE = Path("/tmp/workshop-canary")  # noqa: S108 - they write there
SHARED = Path("/dev/shm")  # noqa: S108 - the grader mounts a private one over it
RUN_LIMIT = 30  # seconds: enough to see that a run hangs, and for a working one on a busy machine
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|^\s*::|##\w*\[", re.MULTILINE)
SUBREAPER = 36  # see man 2 prctl


def hostile() -> list[Entry]:
    """Return the hostile part of the corpus."""
    return entries("hostile")


@cache
def obstacle() -> str:
    """Return why exam mode is not available here; empty if it can."""
    probe = [sys.executable, "-m", "checks.lab.exam", "--probe"]
    finished = subprocess.run(probe, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return finished.stderr.strip() if finished.returncode else ""


def require_exam_mode() -> None:
    """Skip the test if exam mode is not available; in CI it must be."""
    if why := obstacle():
        assert not os.environ.get("CI"), why
        pytest.skip(why)


def grade_hostile(entry: Entry, submission: Path, temporary: Path) -> Verdict:
    """Return the verdict of exam mode; the grader's temporary files go to `temporary`."""
    arguments = (f"--submission={submission}", f"--run-limit={RUN_LIMIT}", "-k", entry.stage)
    return grade(*arguments, program="checks.lab.exam", TMPDIR=str(temporary))


# --- made as described


def made(entry: Entry, folder: Path) -> Path:
    """Return the submission: its folder, a copy with the files that git can't hold, or an archive."""
    told = tomllib.loads((entry.folder / "expect.toml").read_text(encoding="utf-8"))
    if "archive" in told:
        return _archived(folder / f"submission.{told['archive']}", told["entries"])
    kept = [file for file in entry.folder.rglob("*") if file.is_file() and file.name != "expect.toml"]
    contents = {file.relative_to(entry.folder).as_posix(): file.read_bytes() for file in kept}
    long = {name: text * count + end for name, (text, count, end) in told.get("repeated", {}).items()}
    contents |= {name: text.encode() for name, text in {**told.get("files", {}), **long}.items()}
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name, goal in told.get("links", {}).items():
        (folder / name).symlink_to(goal.replace("COURSE", str(ROOT)))
    for name in told.get("pipes", []):
        os.mkfifo(folder / name)
    for name, size in told.get("sizes", {}).items():
        with (folder / name).open("wb") as file:
            file.truncate(size)
    return folder


def _archived(path: Path, contents: list[dict[str, Any]]) -> Path:
    if not contents:
        path.write_bytes(b"this is no archive")
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in contents:
                _zip(archive, one)
    else:
        mode: Any = f"w:{path.suffix.lstrip('.').replace('tar', '')}"
        with tarfile.open(path, mode) as archive:
            for one in contents:
                _tar(archive, one)
    return path


def _zip(archive: zipfile.ZipFile, one: dict[str, Any]) -> None:
    info = zipfile.ZipInfo(one["name"])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (0o120777 if "link" in one else 0o100644) << 16
    with archive.open(info, "w", force_zip64=True) as file:
        file.write(one.get("link", one.get("text", "")).encode())
        for _ in range(one.get("zeros", 0) >> 24):
            file.write(bytes(1 << 24))
    archive.filelist += [info] * one.get("listed", 0)  # listed so many more times


def _tar(archive: tarfile.TarFile, one: dict[str, Any]) -> None:
    info = tarfile.TarInfo(one["name"])
    content = one.get("text", "").encode() + bytes(one.get("zeros", 0))
    for _ in range(one.get("headers", 1) if "header" in one else 0):
        _announce(archive, b"1" * one["header"])
    if "holes" in one:
        _announce(archive, b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n")
        content = b"%d\n" % one["holes"] + b"0\n0\n" * one["holes"]
        content += bytes(-len(content) % tarfile.BLOCKSIZE)
    info.size = len(content)
    for key, kind in (("link", tarfile.SYMTYPE), ("hard_link", tarfile.LNKTYPE), ("device", tarfile.CHRTYPE)):
        if key in one:
            info.type, info.linkname = kind, str(one[key])
            info.devmajor, info.devminor = 1, 5  # /dev/zero
    archive.addfile(info, io.BytesIO(content))


def _announce(archive: tarfile.TarFile, text: bytes) -> None:
    """Write a header about the next entry."""
    info = tarfile.TarInfo("header")
    info.type, info.size = tarfile.XHDTYPE, len(text)
    archive.addfile(info, io.BytesIO(text))


# --- what they leave behind


@contextmanager
def unharmed(temporary: Path) -> Iterator[None]:
    """Expect that the block reaches no canary, and leaves no process and no file behind."""
    # A process that loses its parent becomes a child of this one, however far it has forked away.
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    before = set(psutil.Process().children(recursive=True))
    shared = set(SHARED.iterdir())
    assert not CANARY_FILE.exists(), f"somebody has left {CANARY_FILE}: remove it"
    with listening() as calls:
        yield
    adopted = [child for child in psutil.Process().children(recursive=True) if child not in before]
    _, left = psutil.wait_procs(adopted, timeout=1)  # collects zombies
    assert not left, f"processes are left: {left}"
    assert not calls, "the network outside of the cell was reached"
    assert not CANARY_FILE.exists(), "a file outside of the cell was written"
    assert not list(temporary.iterdir()), f"files are left: {list(temporary.iterdir())}"
    assert set(SHARED.iterdir()) <= shared, f"files are left: {set(SHARED.iterdir()) - shared}"


@contextmanager
def listening() -> Iterator[list[str]]:
    """Listen on the canary's port, which other tests may share; yield the list of callers."""
    calls: list[str] = []
    with ExitStack() as sockets:
        tcp = sockets.enter_context(socket.create_server(("127.0.0.1", CANARY_PORT), reuse_port=True))
        tcp.settimeout(0.1)
        over = threading.Event()

        def answer() -> None:
            while not over.is_set():
                try:
                    caller, address = tcp.accept()
                except TimeoutError:
                    continue
                calls.append(str(address))
                caller.close()

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield calls
        finally:
            over.set()
            thread.join()


def fingerprint() -> dict[str, str]:
    """Return a hash of each file of the course."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0") if listed.returncode == 0 else [str(f) for f in (ROOT / "checks").rglob("*.py")]
    files = [ROOT / name for name in names if name]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}
