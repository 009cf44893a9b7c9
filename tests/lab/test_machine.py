"""A worker's cell in exam mode: two of them share no more than two machines do."""

import json
import textwrap

import pytest

from tests.hostile import require_exam_mode
from tests.lab.room import in_the_room

TWO = """
import json, socket, time
{before}
with BubblewrapCell() as home:
    machines = [home.elsewhere([20_001, 20_002], called[name].append) for name in called]
    files = [(machine.root / "said").open("w+b") for machine in machines]
    running = [m.start(["-c", {code!r}, str(n)], f, m.root / "told") for n, (m, f) in enumerate(zip(machines, files))]
{meanwhile}
    for process in running:
        process.wait()
    said = [(machine.root / "said").read_text() for machine in machines]
    for machine in machines:
        machine.close()
print(json.dumps(dict(said=said, called=called)))
"""


@pytest.fixture(scope="module", autouse=True)
def room() -> None:
    require_exam_mode()


def on_two_machines(
    code: str, before: str = "called = {'a': [], 'b': []}", meanwhile: str = "pass"
) -> tuple[list[str], dict[str, list[int]]]:
    """Return what the same code prints on two machines at the same time, and the ports of their calls."""
    lines = textwrap.indent(textwrap.dedent(meanwhile), "    ")
    told = json.loads(in_the_room(TWO.format(code=textwrap.dedent(code), before=before, meanwhile=lines)))
    return told["said"], told["called"]


SERVED = """
called = {'a': [], 'b': []}
server = socket.create_server(("127.0.0.1", 20_001))
"""


def test_both_reach_the_graders_ports_and_each_call_is_known() -> None:
    code = """
        import socket
        with socket.create_connection(("127.0.0.1", 20_001)) as call:
            call.sendall(b"who am I?")
            print(call.recv(100).decode(), end="")
    """
    answer = """
        to_come = len(machines)
        while to_come:
            caller, (_, port) = server.accept()
            if caller.recv(100):  # else a wire has looked whether anybody listens
                caller.sendall(str(port).encode())
                to_come -= 1
            caller.close()
    """
    said, called = on_two_machines(code, SERVED, answer)
    assert [[port] for port in map(int, said)] == list(called.values())


def test_a_port_is_closed_until_somebody_listens_here() -> None:
    code = """
        import socket, time
        refused = 0
        while True:
            try:
                socket.create_connection(("127.0.0.1", 20_002)).close()
                break
            except ConnectionRefusedError:
                refused += 1
                time.sleep(0.05)
        print(refused > 1)
    """
    later = "time.sleep(2); master = socket.create_server(('127.0.0.1', 20_002))"
    assert on_two_machines(code, meanwhile=later)[0] == ["True\n", "True\n"]


def test_no_other_port_of_the_grader_is_there() -> None:
    code = """
        import socket
        try:
            socket.create_connection(("127.0.0.1", 20_003))
        except ConnectionRefusedError:
            print("refused")
    """
    before = "called = {'a': [], 'b': []}; server = socket.create_server(('127.0.0.1', 20_003))"
    assert on_two_machines(code, before)[0] == ["refused\n", "refused\n"]


TAKES = [
    "socket.create_server(('127.0.0.1', 19_000))",
    "socket.socket(socket.AF_UNIX).bind('\\0name')",
    "fcntl.flock(open(os.__file__), fcntl.LOCK_EX | fcntl.LOCK_NB)",
    "fcntl.flock(open('/dev/null'), fcntl.LOCK_EX | fcntl.LOCK_NB)",
    "fcntl.lockf(open(os.__file__), fcntl.LOCK_SH | fcntl.LOCK_NB)",
    "fcntl.lockf(open('own', 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)",
]


def test_what_one_has_taken_the_other_can_take_too() -> None:
    code = f"""
        import fcntl, os, socket, time
        kept = [eval(take) for take in {TAKES!r}]
        print(len(kept), flush=True)
        time.sleep(3)
    """
    assert on_two_machines(code)[0] == [f"{len(TAKES)}\n"] * 2


def test_neither_sees_the_others_connections() -> None:
    code = """
        import json, socket, sys, time
        kept = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM), *socket.socketpair()]
        kept[0].connect(("127.0.0.1", 19_000))
        kept.append(socket.create_server(("127.0.0.1", 19_000)))
        time.sleep(2)
        print([len(open(f"/proc/net/{table}").readlines()) for table in ("tcp", "udp", "unix", "netlink")])
        time.sleep(2)
    """
    (one, other), _ = on_two_machines(code)
    _, alone = on_two_machines(code.replace("kept =", "sys.argv[1] == '1' or exit(); kept =", 1))[0]
    assert one == other == alone


ASKS = [
    "fcntl.fcntl(open(os.__file__), fcntl.F_GETLK, bytes(32))",
    "fcntl.fcntl(open(os.__file__), fcntl.F_OFD_GETLK, bytes(32))",
    "fcntl.fcntl(open(os.__file__), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
    "fcntl.fcntl(open(os.__file__), fcntl.F_GETLEASE)",
    "fcntl.fcntl(os.open(os.path.dirname(os.__file__), 0), fcntl.F_NOTIFY, fcntl.DN_ACCESS)",
    "fcntl.fcntl(open(os.__file__), 1036, bytes(8))",  # F_SET_RW_HINT: a mark that any reader can set
    "os.statvfs('/etc/hosts')",
    "os.utime('/dev/null')",
    "os.utime(os.__file__)",
    "os.open(os.__file__, os.O_RDWR)",
    "ctypes.CDLL(None).inotify_init1(0) == -1 and open('/nothing')",
]


def test_nothing_can_be_learnt_from_or_written_on_what_both_can_read() -> None:
    code = f"""
        import ctypes, fcntl, os
        for ask in {ASKS!r}:
            try:
                print(ask, eval(ask))
            except OSError:
                pass
    """
    assert on_two_machines(code)[0] == ["", ""]


def test_reading_leaves_no_trace_in_a_files_times_and_devices_still_work() -> None:
    code = """
        import os
        file = os.path.join(os.path.dirname(os.__file__), "this.py")
        before = os.stat(file).st_atime_ns
        open(file).read()
        print(os.stat(file).st_atime_ns - before)
        print(open("/dev/null", "w").write("x"), len(open("/dev/urandom", "rb").read(9)))
    """
    assert on_two_machines(code)[0] == ["0\n1 9\n"] * 2
