"""The differences between systems: how to start and end a group of processes, and how to lock a file."""

import contextlib
import signal
import subprocess
import sys
from typing import IO, Any

if sys.platform == "win32":
    import msvcrt

    INTERRUPT = TERMINATE = signal.CTRL_BREAK_EVENT

    def own_group() -> dict[str, Any]:
        """Returns the options of Popen that keep Ctrl-C from the child: the process that starts it ends it."""
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}

    def ask(process: subprocess.Popen[bytes], request: int) -> None:
        """Asks the process and its children to end."""
        with contextlib.suppress(OSError):  # no console to send it through: kill() follows
            process.send_signal(request)

    def kill(process: subprocess.Popen[bytes]) -> None:
        """Ends the process and its children without asking."""
        if process.poll() is None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)

    def lock(file: IO[bytes]) -> bool:
        """Locks the file until it is closed; returns False if another process has the lock."""
        file.seek(1 << 30)  # a byte past the end: Windows would keep pip from reading a locked one
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl
    import os

    INTERRUPT, TERMINATE = signal.SIGINT, signal.SIGTERM

    def own_group() -> dict[str, Any]:
        """Returns the options of Popen that keep Ctrl-C from the child: the process that starts it ends it."""
        return {"start_new_session": True, "preexec_fn": end_with_parent if sys.platform == "linux" else None}

    def end_with_parent() -> None:
        """Makes this process end if kill -9 ends its parent, which then can't do it (Linux only)."""
        with contextlib.suppress(ImportError, AttributeError, OSError):
            import ctypes

            ctypes.CDLL(None).prctl(1, signal.SIGINT)  # 1 is PR_SET_PDEATHSIG

    def ask(process: subprocess.Popen[bytes], request: int) -> None:
        """Asks the process and its children to end."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: PermissionError for a zombie
            os.killpg(process.pid, request)

    def kill(process: subprocess.Popen[bytes]) -> None:
        """Ends the process and its children without asking."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    def lock(file: IO[bytes]) -> bool:
        """Locks the file until it is closed; returns False if another process has the lock."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # a network folder that knows no locks: two set-ups at once are rare, none at all is worse
        return True
