"""The cell of exam mode: each promise that CONTRIBUTING.md makes about it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from checks.lab.cell.bubblewrap import LIMITS, MIB, NOBODYS
from checks.lab.cell.seccomp import DENIED, MACHINES, filter_bytes
from checks.lab.exam import obstacle
from checks.lab.locust.run import ENTRY
from tests.hostile import require_exam_mode
from tests.lab.room import DOOR, ROOT, in_a_cell, in_the_room
from tests.lab.witness import until


@pytest.fixture(scope="module", autouse=True)
def room() -> None:
    require_exam_mode()


# --- what it sees


def test_it_has_a_network_of_its_own_with_loopback_alone() -> None:
    said = in_a_cell("import socket; print([name for _, name in socket.if_nameindex()])").said
    assert said.strip() == "['lo']"


def test_what_listens_outside_is_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), 5)
            except ConnectionRefusedError:
                print("refused")
        """
        assert in_a_cell(code).said.strip() == "refused"


def test_it_reaches_what_the_grader_serves_and_its_sibling() -> None:
    code = """
        import socket, threading
        serve = "import socket; s = socket.create_server(('127.0.0.1', 5001)); print(1, flush=True); s.accept()"
        call = "import socket; [socket.create_connection(('127.0.0.1', port)) for port in (5000, 5001)]"
        server = socket.create_server(("127.0.0.1", 5000))
        with server, BubblewrapCell() as cell, (cell.root / "said").open("wb") as output:
            sibling = cell.start(["-c", serve], output)
            while not (cell.root / "said").stat().st_size:
                pass
            caller = cell.start(["-c", call], output)
            print(caller.wait(), sibling.wait())
    """
    assert in_the_room(code).strip() == "0 0"


def test_it_has_process_ids_of_its_own() -> None:
    said = in_a_cell("import os; print(os.getpid(), sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))").said
    assert said.strip() == "1 [1]"


def test_it_sees_no_more_of_the_system_than_python_needs() -> None:
    code = f"""
        import json, os
        places = ({str(ROOT)!r}, "/course")
        print(json.dumps({{
            "etc": sorted(os.listdir("/etc")),
            "usr": sorted(os.listdir("/usr")),
            "homes": [path for path in ("/home", "/var", "/run", "/sys", "/mnt", "/boot") if os.path.exists(path)],
            "course": [n for top in places for _, _, names in os.walk(top) for n in names if "python" not in n],
            "programs": [n for n in ("/bin/sh", "/usr/bin/env", "/usr/bin/curl", "/sbin/ip") if os.path.exists(n)],
            "devices": sorted(os.listdir("/dev")),
        }}))
    """
    facts = in_a_cell(code).facts
    assert facts["etc"] == ["group", "hosts", "ld.so.cache", "nsswitch.conf", "passwd"]
    assert set(facts["usr"]) <= {"bin", "lib", "lib64", "local", "share"}
    assert facts["homes"] == []
    assert sorted(facts["course"]) == ["entry.py", "options.py"]
    assert facts["programs"] == []
    assert facts["devices"] == ["fd", "null", "random", "shm", "urandom"]


def test_locust_and_its_packages_can_be_imported() -> None:
    assert in_a_cell("import locust, gevent, zmq, requests; print('yes')").said.strip() == "yes"


def test_each_module_of_the_standard_library_finds_its_libraries() -> None:
    code = """
        import importlib, sys
        silent = sys.stdlib_module_names - {"antigravity", "idlelib", "this", "tkinter", "_tkinter", "turtle"}
        for name in sorted(silent):
            try:
                importlib.import_module(name)
            except ImportError as error:
                if "shared object" in str(error):
                    print(error)
    """
    assert in_a_cell(code).said == ""


def test_there_is_no_program_but_python() -> None:
    code = """
        import os, sys
        for place, folders, names in os.walk("/"):
            folders[:] = [name for name in folders if os.path.join(place, name) != "/proc"]
            for path in (os.path.join(place, name) for name in names if ".so" not in name):
                if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.X_OK):
                    with open(path, "rb") as file:
                        if file.read(4) == b"\\x7fELF" and path != os.path.realpath(sys.executable):
                            print(path)
    """
    assert in_a_cell(code).said == ""


def test_a_program_of_its_own_can_be_neither_run_nor_loaded() -> None:
    code = """
        import ctypes, glob, os, shutil, subprocess, sys
        loaders = glob.glob("/lib*/ld-*")
        assert loaders
        for place in (".", os.path.expanduser("~"), "/dev/shm", "/cell/told"):
            path = place if place == "/cell/told" else f"{place}/own"
            shutil.copyfile(os.path.realpath(sys.executable), path)
            os.chmod(path, 0o755)
            for command in ([path], *([loader, path] for loader in loaders)):
                try:
                    subprocess.run([*command, "-c", "print('ran')"], stderr=subprocess.DEVNULL)
                except PermissionError:
                    pass
            try:
                ctypes.CDLL(path)
            except OSError as error:
                assert "failed to map segment" in str(error), error
        open("/cell/told", "w").close()
    """
    assert in_a_cell(code).said == ""


def test_the_environment_is_an_allow_list() -> None:
    before = "import os; os.environ |= {'API_TOKEN': 'secret', 'LOCUST_USERS': '7'}"
    environ = in_a_cell("import json, os; print(json.dumps(dict(os.environ)))", before).facts
    assert not [name for name in environ if name.startswith(("LOCUST", "API", "PYTHON"))]


def test_it_inherits_no_file_but_the_three_streams() -> None:
    assert in_a_cell("import os; print(sorted(os.listdir('/proc/self/fd'))[:-1])").said.strip() == "['0', '1', '2']"


# --- what it may do


def test_it_writes_into_its_own_folders_and_its_own_file_alone() -> None:
    code = """
        import json, os
        places = []
        for place, _, names in os.walk("/"):
            if place.startswith("/proc"):
                continue
            for path in (os.path.join(place, "new"), *(os.path.join(place, name) for name in names)):
                try:
                    with open(path, "ab"):
                        places.append(os.path.realpath(path))
                except OSError:
                    pass
        print(json.dumps([path for path in places if not path.startswith(("/dev/shm/", "/cell/work", "/cell/home"))]))
        open(os.path.dirname(os.getcwd()) + "/told", "w").write("written")
    """
    finished = in_a_cell(code)
    assert set(finished.facts) <= {"/cell/told", *(f"/dev/{name}" for name in ("null", "random", "urandom"))}
    assert finished.told == "written"


def test_its_file_can_be_neither_replaced_nor_taken_away() -> None:
    code = """
        import os
        told = os.path.dirname(os.getcwd()) + "/told"
        for change in (lambda: os.unlink(told), lambda: os.rename(told, told + "2"), lambda: os.symlink("/x", told)):
            try:
                change()
                print("changed")
            except OSError:
                pass
    """
    assert in_a_cell(code).said == ""


def test_it_has_no_capability_and_gets_none() -> None:
    code = """
        import ctypes, json
        status = dict(line.split(":\\t") for line in open("/proc/self/status") if ":\\t" in line)
        libc = ctypes.CDLL(None)
        tried = [libc.unshare(0x10000000), libc.setuid(0), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)]
        print(json.dumps([status[name].strip() for name in status if name.startswith(("Cap", "NoNew", "Seccomp:"))]))
        print(tried)
    """
    capabilities, tried = in_a_cell(code.replace('"Seccomp:"', '"Seccomp"')).said.splitlines()
    assert set(json.loads(capabilities)[:5]) == {"0" * 16}
    assert json.loads(capabilities)[5:7] == ["1", "2"]
    assert json.loads(tried) == [-1, -1, -1]


def test_each_denied_call_is_refused_by_the_kernel() -> None:
    column = MACHINES[os.uname().machine][0]
    numbers = {name: numbers[column] for name, numbers in DENIED.items() if numbers[column] is not None}
    code = f"""
        import ctypes, errno
        libc = ctypes.CDLL(None, use_errno=True)
        for name, number in {numbers}.items():
            if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM:
                print(name)
    """
    assert in_a_cell(code).said == ""


@pytest.mark.parametrize(
    ("family", "kind", "protocol", "answer"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, 0, "granted"),
        (socket.AF_INET6, socket.SOCK_DGRAM, 17, "granted"),
        (socket.AF_UNIX, socket.SOCK_STREAM, 0, "granted"),
        (16, socket.SOCK_RAW, 0, "granted"),  # the routes, which name look-ups query
        (16, socket.SOCK_RAW, 12, "EPROTONOSUPPORT"),  # the packet filter
        (socket.AF_INET, socket.SOCK_STREAM, 132, "EPROTONOSUPPORT"),  # SCTP
        (17, socket.SOCK_RAW, 0, "EAFNOSUPPORT"),  # packets
        (38, 5, 0, "EAFNOSUPPORT"),  # the kernel's ciphers
        (40, socket.SOCK_STREAM, 0, "EAFNOSUPPORT"),  # vsock: the way out of a virtual machine
    ],
)
def test_sockets_are_local_tcp_or_udp(family: int, kind: int, protocol: int, answer: str) -> None:
    code = f"""
        import errno, socket
        try:
            socket.socket({int(family)}, {int(kind)}, {protocol})
            print("granted")
        except OSError as error:
            print(errno.errorcode[error.errno])
    """
    assert in_a_cell(code).said.strip() == answer


def test_threads_forks_and_subprocesses_still_work() -> None:
    code = """
        import os, subprocess, sys, threading
        thread = threading.Thread(target=print, args=["thread"])
        thread.start(); thread.join()
        sys.stdout.flush()
        if os.fork() == 0:
            print("fork", flush=True); os._exit(0)
        os.wait()
        subprocess.run([sys.executable, "-c", "print('subprocess')"], check=True)
    """
    assert in_a_cell(code).said.split() == ["thread", "fork", "subprocess"]


@pytest.mark.parametrize("is_far", [False, True])
@pytest.mark.parametrize("machine", MACHINES)
def test_a_filter_is_a_whole_number_of_steps_that_jump_inside_it(machine: str, is_far: bool) -> None:
    program = filter_bytes(machine, is_far=is_far)
    steps = [program[start : start + 8] for start in range(0, len(program), 8)]
    assert len(program) % 8 == 0
    assert len(steps) < 4096
    for position, step in enumerate(steps):
        if step[0] & 0x07 == 0x05:
            assert position + 1 + max(step[2], step[3]) < len(steps)


# --- its limits


def test_limits_of_one_process_are_set_before_it_starts() -> None:
    code = """
        import json, resource
        names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
        print(json.dumps({name[7:].lower(): resource.getrlimit(getattr(resource, name)) for name in names}))
    """
    facts = in_a_cell(code).facts
    shared = {"nproc"} if os.geteuid() else set()  # an ordinary user's own processes count, too
    own = LIMITS.keys() - shared
    assert {name: facts[name] for name in own} == {name: [LIMITS[name]] * 2 for name in own}
    assert all(facts[name][0] >= LIMITS[name] for name in shared)


def test_files_have_room_and_no_more() -> None:
    code = """
        import os
        for place in (".", os.path.expanduser("~"), "/dev/shm"):
            written = number = 0
            while number < 20:
                number += 1
                try:
                    with open(f"{place}/{number}", "wb") as file:
                        while True:
                            written += file.write(bytes(1024**2))
                except OSError as error:
                    pass
            print(written >> 20)
    """
    work, home, shared = map(int, in_a_cell(code, "bubblewrap.DISK = 80 * 1024**2").said.split())
    assert 60 < work <= 80
    assert 60 < home <= 80
    assert shared <= 16


def test_files_without_content_have_an_end_too() -> None:
    code = """
        import os
        for place in (".", os.path.expanduser("~"), "/dev/shm"):
            number = 0
            try:
                while number < 10_000:
                    os.close(os.open(f"{place}/{number}", os.O_CREAT))
                    number += 1
            except OSError:
                pass
            print(number)
    """
    work, home, shared = map(int, in_a_cell(code).said.split())
    assert work <= 8192
    assert home <= 8192
    assert shared <= 1024


def test_a_file_can_not_grow_without_end() -> None:
    finished = in_a_cell("open('huge', 'wb').truncate(2**40)")
    assert "File too large" in finished.said


def test_what_it_prints_is_bounded() -> None:
    code = "while True: print('x' * 10**6)"
    before = "bubblewrap.LIMITS['fsize'] = 1024**2"
    assert len(in_a_cell(code, before).said) <= MIB


def test_memory_of_all_its_processes_is_counted_together() -> None:
    code = """
        import os, time
        for _ in range(3):
            if os.fork() == 0:
                break
        taken = bytearray(100 * 1024**2)
        time.sleep(60)
    """
    finished = in_a_cell(code, "bubblewrap.MEMORY = 250 * 1024**2")
    assert finished.broken == "took more than 250 MB of memory"
    assert finished.status != 0


def test_files_count_as_memory() -> None:
    code = """
        import os, time
        for place in (".", os.path.expanduser("~")):
            for number in range(3):
                with open(f"{place}/{number}", "wb") as file:
                    file.write(bytes(30 * 1024**2))
        time.sleep(60)
    """
    assert in_a_cell(code, "bubblewrap.MEMORY = 150 * 1024**2").broken == "took more than 150 MB of memory"


@pytest.mark.parametrize(
    "code", ["os.memfd_create('hidden')", "mmap.mmap(-1, 2**20)", "os.open('/dev/zero', os.O_RDWR)"]
)
def test_memory_that_belongs_to_no_process_is_not_to_be_had(code: str) -> None:
    said = in_a_cell(f"import mmap, os; {code}").said
    assert "PermissionError" in said or "FileNotFoundError" in said


def test_memory_can_still_be_shared_through_files() -> None:
    code = """
        import multiprocessing as mp
        from multiprocessing.shared_memory import SharedMemory
        memory = SharedMemory(create=True, size=4096)
        memory.buf[0] = 7
        other = SharedMemory(memory.name)
        print(mp.Value("i", 7).value, mp.Lock().acquire(), other.buf[0])
        memory.unlink()
    """
    assert in_a_cell(code).said.split()[:3] == ["7", "True", "7"]


def test_a_control_group_holds_the_limit_where_there_is_one() -> None:
    before = "bubblewrap.MEMORY = 100 * 1024**2; bubblewrap.LOOK_EVERY = 600"
    code = "held = [bytearray(10 * 1024**2) for _ in range(30)]"
    if in_the_room("one = bubblewrap.group('tried', 2**30); print(bool(one)); one and one.close()").strip() == "False":
        pytest.skip("this system lets the grader make no control group")
    finished = in_a_cell(code, before)
    assert finished.status == 128 + signal.SIGKILL
    assert finished.broken == "took more than 100 MB of memory"


def test_memory_is_counted_where_there_is_no_control_group() -> None:
    code = """
        import time
        held = [bytearray(10 * 1024**2) for _ in range(30)]
        time.sleep(60)
    """
    before = "bubblewrap.MEMORY = 100 * 1024**2; bubblewrap.group = lambda *_: None"
    assert in_a_cell(code, before).broken == "took more than 100 MB of memory"


def test_file_locks_are_counted() -> None:
    code = """
        import fcntl, time
        with open("locked", "w") as file:
            for byte in range(0, 200, 2):
                fcntl.lockf(file, fcntl.LOCK_EX, 1, byte)
            time.sleep(60)
    """
    assert in_a_cell(code, "bubblewrap.LOCKS = 50").broken == "held more than 50 file locks"


@pytest.mark.parametrize("starts_session", [True, False])
def test_many_processes_at_work_are_its_end(starts_session: bool) -> None:
    code = f"""
        import subprocess, sys, time
        for _ in range(8):
            busy = [sys.executable, "-I", "-S", "-c", "while True: pass"]
            subprocess.Popen(busy, start_new_session={starts_session})
        time.sleep(60)
    """
    assert in_a_cell(code).broken == "kept more than 4 threads busy for 2 s"


def test_a_few_processes_may_work_as_long_as_they_like() -> None:
    code = """
        import os, time
        for _ in range(2):
            os.fork()
        ending = time.monotonic() + 4
        while time.monotonic() < ending:
            pass
        print("done")
    """
    finished = in_a_cell(code)
    assert finished.broken == ""
    assert "done" in finished.said


def test_no_crash_calls_the_system_s_handler() -> None:
    code = """
        import resource
        print(resource.getrlimit(resource.RLIMIT_CORE))
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        except (OSError, ValueError):
            print("refused")
    """
    assert in_a_cell(code).said.splitlines() == ["(1, 1)", "refused"]


def test_a_socket_gets_no_larger_buffers() -> None:
    code = """
        import socket
        for name in ("SO_SNDBUF", "SO_RCVBUF"):
            with socket.socket() as any_socket:
                before = any_socket.getsockopt(socket.SOL_SOCKET, getattr(socket, name))
                any_socket.setsockopt(socket.SOL_SOCKET, getattr(socket, name), 2**24)
                print(any_socket.getsockopt(socket.SOL_SOCKET, getattr(socket, name)) == before)
    """
    assert in_a_cell(code).said.split() == ["True", "True"]


def test_open_files_of_all_its_processes_are_counted_together() -> None:
    code = """
        import os, time
        for _ in range(3):
            if os.fork() == 0:
                break
        held = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
        time.sleep(60)
    """
    assert in_a_cell(code, "bubblewrap.FILES = 300").broken == "opened more than 300 files and sockets"


def test_it_ends_when_its_time_is_up() -> None:
    assert in_a_cell("while True: pass", "bubblewrap.WALL = 1.0").broken == "ran for more than 1 s"


def test_too_many_processes_are_its_end() -> None:
    code = """
        import os, time
        for _ in range(5):
            os.fork()
        time.sleep(60)
    """
    assert in_a_cell(code, "bubblewrap.PROCESSES = 20").broken == "started more than 20 processes"


@pytest.mark.skipif(os.geteuid() != 0, reason="the limit of an ordinary user counts the user's other processes, too")
def test_forks_have_an_end_and_nothing_is_left_of_them() -> None:
    code = """
        import os, time
        forks = 0
        try:
            while True:
                if os.fork() == 0:
                    time.sleep(60)
                forks += 1
        except OSError:
            print(forks)
    """
    forks = int(in_a_cell(code, "bubblewrap.LIMITS['nproc'] = 20").said)
    assert 10 < forks < 20


# --- its end


def test_a_daemon_ends_with_its_process() -> None:
    code = """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        os.wait()
    """
    room = f"""
        with BubblewrapCell() as cell, (cell.root / "said").open("wb") as output:
            process = cell.start(["-c", {textwrap.dedent(code)!r}], output)
            process.wait()
        init = cell._inmates[process.pid]._init
        print(is_alive(init))
    """
    assert in_the_room(room).strip() == "False"


def test_a_killed_grader_takes_its_cells_along() -> None:
    code = """
        stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
        with BubblewrapCell() as cell, (cell.root / "said").open("wb") as output:
            process = cell.start(["-c", stubborn], output)
            while not (cell.root / "said").stat().st_size:
                pass
            print(process.pid, cell._inmates[process.pid]._init.pid, flush=True)
            process.wait()
    """
    command = [sys.executable, "-c", DOOR.format(root=str(ROOT)) + textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout
        inside = [psutil.Process(int(pid)) for pid in grader.stdout.readline().split()]
        inside += inside[1].children(recursive=True)
        grader.send_signal(signal.SIGKILL)
    until(lambda: not [p for p in inside if p.is_running() and p.status() != psutil.STATUS_ZOMBIE])


def test_nothing_of_a_submission_runs_where_the_grader_has_gone_already() -> None:
    code = f"""
        with BubblewrapCell() as cell, (cell.root / "said").open("wb") as output:
            (cell.work / "locustfile.py").write_text("open('ran', 'w')")
            record = cell.root / "record"
            arguments = [{str(ENTRY)!r}, str(record), "25", "--headless", "-f", "locustfile.py"]
            process = cell.start(arguments, output, record)
            process.stdin.close()
            print(process.wait(), (cell.work / "ran").exists())
    """
    assert in_the_room(code).strip() == "0 False"


def test_a_kill_ends_all_of_a_process_before_it_returns() -> None:
    code = """
        import psutil
        forks = "import os, time; [os.fork() for _ in range(4)]; print(1, flush=True); time.sleep(600)"
        with BubblewrapCell() as cell, (cell.root / "said").open("wb") as output:
            process = cell.start(["-c", forks], output)
            while (cell.root / "said").stat().st_size < 32:
                pass
            family = psutil.Process(process.pid).children(recursive=True)
            cell.kill(process)
            print(len(family), [one for one in family if is_alive(one)], cell._closed.is_set())
    """
    assert in_the_room(code).strip() == "16 [] False"


def test_deep_closed_and_countless_folders_are_gone_at_once() -> None:
    code = """
        import contextlib, os
        for place in (os.getcwd(), os.path.expanduser("~"), "/dev/shm"):
            os.chdir(place)
            with contextlib.suppress(OSError):
                for number in range(2000):
                    os.mkdir("d" * 200)
                    os.chdir("d" * 200)
                for number in range(10_000):
                    os.mkdir(str(number), 0)
            os.chmod(place, 0)
    """
    room = f"""
        import time
        with BubblewrapCell() as cell, (cell.root / "said").open("wb") as output:
            cell.start(["-c", {textwrap.dedent(code)!r}], output).wait()
            print((cell.root / "said").read_text())
            started = time.monotonic()
        print(time.monotonic() - started < 5, [path.name for path in PRIVATE.iterdir()])
    """
    assert in_the_room(room).split() == ["True", "['shelf']"]


def test_nothing_of_it_is_seen_outside() -> None:
    before = set(Path("/dev/shm").iterdir())  # noqa: S108
    in_a_cell("open('file', 'w').write('x')")
    assert set(Path("/dev/shm").iterdir()) == before  # noqa: S108


def test_each_cell_has_a_user_of_its_own_where_the_grader_is_root() -> None:
    code = """
        import psutil
        with BubblewrapCell() as one, BubblewrapCell() as other:
            users = []
            for cell in (one, other):
                with (cell.root / "said").open("wb") as output:
                    users.append(psutil.Process(cell.start(["-c", "input()"], output).pid).uids().real)
        print(*users)
    """
    one, other = map(int, in_the_room(code).split())
    if os.geteuid() == 0:
        assert one in NOBODYS
        assert other in NOBODYS
        assert one != other


# --- the way in


def test_the_probe_ends_well_here() -> None:
    assert obstacle() == ""


def test_without_bubblewrap_the_probe_says_so_in_one_line(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "checks.lab.exam", "--probe"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    way_out = "it needs bubblewrap: sudo apt install bubblewrap (or dnf ...)"
    assert finished.stderr == f"exam mode is not available: {way_out}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose")
def test_a_container_without_rights_is_told_the_way_out() -> None:
    probe = [sys.executable, "-m", "checks.lab.exam", "--probe"]
    finished = subprocess.run(
        ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-all", *probe],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert re.fullmatch(r"exam mode is not available: .*start it with --privileged\n", finished.stderr)


def test_exam_mode_can_not_be_claimed_outside() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "checks/", "--isolation=exam"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 4
    assert "python -m checks.lab.exam" in finished.stderr
