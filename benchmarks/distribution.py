"""Stage 06's references beside locust-plugins' Distributor: how fast each hands out ids, and how it copes with faults.

    pip install -r benchmarks/requirements.txt
    python benchmarks/distribution.py [--only rate|start|memory|faults]

This run measures everything, in about six minutes: real processes, 1 master and 2 workers on 127.0.0.1, the same users
for both. Ends with status 1 if the robust reference hands out less than 10 times as many ids a second to 300 users or
more, or if its master needs 200 MB for a million ids. With 100 users it waits for its messages half of the time: it
asks for as many ids as users wait, so with fewer users it gets fewer ids for each question. The short reference takes
part only in the faults.
"""

import argparse
import itertools
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.fleet import BADGE, SHORT, Fleet, Process, fleet, send, until

MILLION = 1_000_000
LEAST_RATIO, OF_MANY, MOST_MB = 10, 300, 200
IDS, USERS = 6, 6
WAIT_S = 30.0

# The tools differ in how ids get from the master to the users. SOURCE is where the master gets the ids.
SHORT_CODE = (
    SHORT.read_text(encoding="utf-8").partition("\n\nif __name__")[0]
    + """
    abstract = True

def take(user):
    PetShopUser.on_start(user)
    return user.owner_id

def leave(user):
    PetShopUser.on_stop(user)
"""
)
ROBUST_CODE = """
from desks import MasterDesk, WorkerDesk
from roster import Roster

desk = WorkerDesk()

@events.init.add_listener
def open_desks(environment, runner, **_):
    if not isinstance(runner, WorkerRunner):
        MasterDesk(runner, Roster(SOURCE))
    desk.open(runner)

def take(user):
    return desk.id_of(user)

def leave(user):
    desk.leave(user)
"""
DISTRIBUTOR_CODE = """
from locust_plugins.distributor import Distributor

@events.init.add_listener
def open_distributor(environment, runner, **_):
    global distributor
    distributor = Distributor(environment, None if isinstance(runner, WorkerRunner) else iter(SOURCE))

def take(user):
    return next(distributor)

def leave(user):
    pass
"""
HEAD = """
import csv, itertools, json, os, time
from uuid import uuid4
import gevent
from locust import HttpUser, User, constant, events, task
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

ids = [int(row["owner_id"]) for row in csv.DictReader(open("owners.csv"))]

def slow():
    for owner_id in itertools.cycle(ids) if ENDLESS else ids:
        gevent.sleep(0.01)
        yield owner_id
"""
# Users that only take ids; each worker counts the ids over 3 s, beginning 1 s after the first one.
TAKERS = """
taken = 0

def count():
    while not taken:
        gevent.sleep(0.05)
    gevent.sleep(1)
    before, then = taken, time.perf_counter()
    gevent.sleep(3)
    print("RATE", (taken - before) / (time.perf_counter() - then), flush=True)

@events.test_start.add_listener
def watch(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        gevent.spawn(count)

class Taker(User):
    @task
    def take(self):
        global taken
        while True:
            take(object())
            taken += 1
"""
STARTERS = """
holding = 0

@events.test_start.add_listener
def watch(environment, **_):
    if isinstance(environment.runner, MasterRunner):
        print("START", time.time(), flush=True)

class Starter(User):
    wait_time = constant(60)

    def on_start(self):
        global holding
        take(self)
        holding += 1
        if holding == 1000:
            print("THOUSAND", time.time(), flush=True)

    @task
    def rest(self):
        pass
"""
SHOPPERS = f"""
class Shopper(HttpUser):
    wait_time = constant(0.1)

    def on_start(self):
        while not os.path.exists("go"):
            gevent.sleep(0.1)
        try:
            with gevent.Timeout(1 if os.path.exists("frozen") else None):
                self.owner_id = take(self)
        except gevent.Timeout:
            print("GAVE-UP", 1, flush=True)
            raise StopUser
        {BADGE}

    def on_stop(self):
        leave(self)

    @task
    def look(self):
        self.client.get(f"/owners/{{self.owner_id}}/pets")
"""
BUSY = """
@events.init.add_listener
def be_busy(environment, runner, **_):
    runner.register_message("busy", lambda **_: gevent.sleep(6))
    if isinstance(runner, WorkerRunner):
        gevent.spawn_later(6, runner.send_message, "busy", None)
"""
TOOLS = {
    "short": SHORT_CODE.replace('read_owner_ids(Path(__file__).with_name("owners.csv"))', "SOURCE"),
    "robust": ROBUST_CODE,
    "Distributor": DISTRIBUTOR_CODE,
}
PAIR = ("robust", "Distributor")


@contextmanager
def swarm(tool: str, users_code: str, source: str = "ids", endless: bool = False) -> Iterator[Fleet]:
    """Yield a fleet whose locustfile gets its ids with this tool."""
    with fleet(IDS) as processes:
        code = HEAD + TOOLS[tool].replace("SOURCE", source) + users_code
        code = code.replace("ENDLESS", str(endless))
        (processes.folder / "go").touch()  # users wait until this file exists
        (processes.folder / "locustfile.py").write_text(code, encoding="utf-8")
        yield processes


def figures(processes: Fleet, word: str, count: int) -> list[float]:
    """Wait until the processes have printed this word `count` times; return the numbers behind it."""
    found: list[float] = []

    def look() -> bool:
        logs = "".join(processes.log(process) for process in processes.processes)
        found[:] = [float(number) for number in re.findall(rf"^{word} (\S+)$", logs, flags=re.MULTILINE)]
        return len(found) >= count

    if not until(look, 2 * WAIT_S):
        raise TimeoutError(f"no {word}:\n" + "".join(map(processes.log, processes.processes)))
    return found


def rate(tool: str, users: int) -> float:
    """Return how many ids a second the users of two workers get."""
    with swarm(tool, TAKERS, "range(3_000_000)") as processes:
        processes.start_master(users, workers=2)
        for _ in range(2):
            processes.start_worker()
        return sum(figures(processes, "RATE", 2))


def start(tool: str) -> float:
    """Return the seconds from the start of the test until 2 000 users on two workers hold an id."""
    with swarm(tool, STARTERS, "range(2000)") as processes:
        processes.start_master(2000, workers=2)
        for _ in range(2):
            processes.start_worker()
        return max(figures(processes, "THOUSAND", 2)) - figures(processes, "START", 1)[0]


def memory() -> tuple[float, float, float]:
    """Return the megabytes of the robust master: with six ids, with a million, and when all of these are taken."""

    def megabytes(processes: Fleet, mark: str) -> float:
        master = processes.start_master(USERS, workers=3)
        if not until(lambda: mark in processes.log(master), 2 * WAIT_S):
            raise TimeoutError(processes.log(master))
        return float(psutil.Process(master.pid).memory_info().rss / 1e6)

    with fleet(IDS) as processes:
        small = megabytes(processes, "Starting Locust")
    with fleet(MILLION) as processes:
        processes.edit("locustfile.py", "desk.open(runner)", 'desk.open(runner); print("OPEN", flush=True)')
        loaded = megabytes(processes, "OPEN")
    with swarm("robust", TAKERS, f"range({MILLION})") as processes:
        master = processes.start_master(USERS, workers=2)
        for _ in range(2):
            processes.start_worker()
        figures(processes, "RATE", 2)
        sizes = [float(psutil.Process(master.pid).memory_info().rss / 1e6)]
        while len(sizes) < 3 or sizes[-1] > sizes[-3] + 1:  # until nothing is left to hand out
            time.sleep(2)
            sizes.append(float(psutil.Process(master.pid).memory_info().rss / 1e6))
    return small, loaded, sizes[-1]


# --- what happens when things fail


@dataclass(frozen=True)
class Outcome:
    """The state of a swarm some seconds after a fault."""

    wanted: int
    at_work: int
    twice: int  # ids with several users that need not share
    unused: int
    said: str

    def __str__(self) -> str:
        hang = max(0, self.wanted - self.at_work)
        state = f"{self.at_work} of {self.wanted} users work" + (f", {hang} don't" if hang else "")
        if self.at_work > self.wanted:
            state = f"{self.at_work} users work, {self.wanted} were wanted"
        ids = f"{self.twice} ids twice, {self.unused} unused"
        return f"{state}; {ids}; {self.said}"


NOISE = re.compile(r"CPU usage|spawn rate|open file limit|Terminal was not")
# A warning, a script's own complaint, Locust's message about lost workers, or the last line of a traceback.
COMPLAINT = re.compile(
    r"^\[[^\]]+\] \S*/(?:(?:WARNING|ERROR|CRITICAL)/\S+|INFO/root:|INFO/locust.runners:(?= The last worker)) (.+)$"
    r"|^((?:\w+\.)*(?:\w*Error|StopIteration).*)$"
)


def said(processes: Fleet) -> str:
    """Return the last complaint of a process, or a text that says that there is none."""
    found = [
        (match[1] or match[2])
        for process in processes.processes
        for line in processes.log(process).splitlines()
        if (match := COMPLAINT.match(line)) and not NOISE.search(line)
    ]
    return f'says "{found[-1][:70]}"' if found else "nobody says so"


def outcome(processes: Fleet, wanted: int, seconds: float) -> Outcome:
    """Return the state of the swarm after some seconds to recover; sooner if it has recovered."""

    def look() -> Outcome:
        holders = processes.holders(2)
        counts = [len(users) for users in holders.values()]
        unused = counts.count(0)
        at_work = len(set[str]().union(*holders.values()))
        return Outcome(
            wanted, at_work, sum(n > 1 for n in counts) if unused or wanted <= IDS else 0, unused, said(processes)
        )

    def is_well() -> bool:
        now = look()
        return now.at_work == wanted and not now.twice and now.unused == max(0, IDS - wanted)

    until(is_well, seconds)
    return look()


Fault = Callable[[str], Outcome]


@contextmanager
def at_work(tool: str, *options: str, more: str = "", workers: int = 2) -> Iterator[Fleet]:
    """Yield a swarm whose users all work, each with an id of its own, and whose source never ends."""
    with swarm(tool, SHOPPERS + more, "itertools.cycle(ids)" if tool == "Distributor" else "ids") as processes:
        spawned(processes, USERS, *options, workers=workers)
        if not until(lambda: processes.settled(worker.pid for worker in processes.processes[1:]), WAIT_S):
            raise TimeoutError(processes.log(processes.processes[0]))
        yield processes


def spawned(processes: Fleet, users: int, *options: str, workers: int = 2) -> Process:
    """Start a master and its workers; return the master when Locust has started the users."""
    master = processes.start_master(users, *options, workers=workers)
    for _ in range(workers):
        processes.start_worker()
    if not until(lambda: re.search("users spawned|Spawning is complete", processes.log(master)), 2 * WAIT_S):
        raise TimeoutError(processes.log(master))
    return master


def victim(processes: Fleet) -> Process:
    """Return a worker without the first id: a tool that starts the list again would happen to be right with that id."""
    (first,) = processes.holders()[processes.owner_ids[0]]
    return next(worker for worker in processes.processes[1:] if not first.startswith(f"{worker.pid}-"))


def exhausted(tool: str) -> Outcome:
    """More users than ids."""
    with swarm(tool, SHOPPERS) as processes:
        spawned(processes, USERS + 3)
        return outcome(processes, USERS + 3, 12)


def killed(tool: str) -> Outcome:
    """A worker is killed, and another one takes its place."""
    with at_work(tool) as processes:
        send(victim(processes), "SIGKILL")
        until(lambda: "missing" in processes.log(processes.processes[0]), WAIT_S)
        processes.start_worker()
        return outcome(processes, USERS, 15)


def stopped_while_waiting(tool: str) -> Outcome:
    """The master stands still; users wait for an id, and stop. Afterwards others start in their place."""
    with swarm(tool, SHOPPERS) as processes:
        (processes.folder / "go").unlink()
        master = spawned(processes, USERS, workers=1)
        time.sleep(4)  # a new master of the robust reference listens before it gives anything out
        send(master, "SIGSTOP")
        for name in ("frozen", "go"):
            (processes.folder / name).touch()
        figures(processes, "GAVE-UP", USERS)
        (processes.folder / "frozen").unlink()
        send(master, "SIGCONT")
        time.sleep(2)
        processes.start_worker()
        return outcome(processes, USERS, 15)


def yielding(tool: str) -> Outcome:
    """The source lets other functions run while it fetches an id, as one that asks a database would."""
    with swarm(tool, SHOPPERS, "slow()", endless=tool == "Distributor") as processes:
        spawned(processes, USERS)
        return outcome(processes, USERS, 12)


def busy(tool: str) -> Outcome:
    """Another handler on the master is busy for 6 s."""
    with at_work(tool, more=BUSY) as processes:
        time.sleep(14)
        return outcome(processes, USERS, 6)


def late(tool: str) -> Outcome:
    """A second worker comes when all users are already running: it takes over half of them."""
    with at_work(tool, workers=1) as processes:
        newcomer = processes.start_worker()
        until(lambda: newcomer.pid in processes.at_work(), WAIT_S)
        time.sleep(4)
        return outcome(processes, USERS, 10)


def rebalanced(tool: str) -> Outcome:
    """A worker is killed, and with --enable-rebalancing the other one runs its users."""
    with at_work(tool, "--enable-rebalancing") as processes:
        send(victim(processes), "SIGKILL")
        until(lambda: "missing" in processes.log(processes.processes[0]), WAIT_S)
        return outcome(processes, USERS, 10)


def restarted(tool: str) -> Outcome:
    """The master and a third worker are killed and started again. The other two workers live on."""
    with at_work(tool) as processes:
        send(processes.processes[0], "SIGKILL")
        processes.start_master(USERS, workers=1)
        time.sleep(3)
        newcomer = processes.start_worker()
        until(lambda: newcomer.pid in processes.at_work(), WAIT_S)
        time.sleep(5)
        return outcome(processes, USERS, 10)


FAULTS: dict[str, Fault] = {
    "list exhausted": exhausted,
    "worker killed, replaced": killed,
    "user stopped while waiting": stopped_while_waiting,
    "source that yields": yielding,
    "master handler busy for 6 s": busy,
    "late worker": late,
    "worker lost, rebalancing": rebalanced,
    "master restarted": restarted,
}


# --- the tables


def show_rate() -> bool:
    """Print the ids a second; tell whether the robust reference has ten times as many."""
    print(f"\n{'ids handed out per second':28} {'robust':>10} {'Distributor':>12} {'ratio':>6}   (medians of 3)")
    good = True
    for users in (100, 300, 1000):
        ours, theirs = (median(rate(tool, users) for _ in range(3)) for tool in PAIR)
        print(f"{f'{users} users':28} {ours:10,.0f} {theirs:12,.0f} {ours / theirs:6.1f}", flush=True)
        good &= users < OF_MANY or ours >= LEAST_RATIO * theirs
    return good


def show_start() -> bool:
    """Print how long 2 000 users wait for their ids."""
    ours, theirs = (median(start(tool) for _ in range(3)) for tool in PAIR)
    print(f"\n2 000 users on 2 workers all hold an id after: robust {ours:.2f} s, Distributor {theirs:.2f} s")
    return True


def show_memory() -> bool:
    """Print what the master needs; tell whether that is little enough."""
    small, loaded, taken = memory()
    print(
        f"\nmemory of the master: {small:.0f} MB; with a million ids {loaded:.0f} MB, all of them taken {taken:.0f} MB"
    )
    return max(loaded, taken) < MOST_MB


def show_faults() -> bool:
    """Print what happens to a swarm of six users on six ids, fault by fault."""
    print("\nsix users, six ids")
    for (name, fault), tool in itertools.product(FAULTS.items(), TOOLS):
        print(f"{name:28} {tool:12} {fault(tool)}", flush=True)
    return True


TABLES = {"rate": show_rate, "start": show_start, "memory": show_memory, "faults": show_faults}


def main() -> int:
    """Print the tables; return 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", choices=TABLES, help="one of the tables")
    only = parser.parse_args().only
    if not find_spec("locust_plugins"):
        sys.exit("locust-plugins is not installed: pip install -r benchmarks/requirements.txt")
    results = [TABLES[name]() for name in ([only] if only else TABLES)]  # all of them, whatever the first one says
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
