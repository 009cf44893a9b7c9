"""When more workers give more requests/s, and when they don't; and 5000 users at 100 users/s on this machine.

    python benchmarks/scaling.py [--quick] [--run-time 20s] [--out FILE.svg]

Each case runs with one worker and with two: a shop that is the bottleneck (8 seats, 50 ms a request: 160 requests/s and
no more), and users who compute 10 ms for each request, so that the load generator is the bottleneck. --quick stops
after these two, in about 30 s; --run-time is for the four runs together. Otherwise the reference solution of stage 04
follows, with the 5000 users of its master.conf against the pet shop, and a picture of everything.

Everything shares the cores of this machine: shop, master and workers. So the table has the CPU of each.
"""

import argparse
import contextlib
import csv
import hashlib
import json
import os
import platform
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SOLUTION = ROOT / "solutions" / "04_master_worker"
PICTURE = ROOT / "exercises" / "04_master_worker" / "scaling.svg"
SEATS, WORK_MS = 8, 50
COMPUTE_MS = 10
USERS = 40
SHORTEST_S = 4.0  # Locust's CPU warning takes 3 s in these runs
BIG_RUN_S = 120  # 50 s until the 5000th user has started, and more than as long again
OPEN_FILES = 10_000  # what Locust asks the system for; a connection is a file
END_S = 60.0  # for a process to end on its own
CPU_WARNING = "CPU usage above"
Swarm = list["subprocess.Popen[bytes]"]

# Locust checks its CPU every 10 s, and its first check has nothing to compare with, which is too late for a short run.
COMMON = """
import hashlib
import locust.runners
from locust import HttpUser, constant, task

locust.runners.CPU_MONITOR_INTERVAL = 1.5
"""
LOOKS = (
    COMMON
    + """
class Visitor(HttpUser):
    wait_time = constant(0)

    @task
    def look(self):
        self.client.get("/pets/1")
"""
)
COMPUTES = (
    COMMON
    + """
class Signer(HttpUser):
    wait_time = constant(0)

    @task
    def sign(self):
        answer = self.client.get("/pets/1")
        hashlib.pbkdf2_hmac("sha256", answer.content, b"salt", ROUNDS)
"""
)


@dataclass(frozen=True)
class Result:
    """A run: requests/s, response times in ms, per cent of one core, and whether Locust warned about its CPU."""

    rps: float
    median_ms: float
    p95_ms: float
    worker_cpu: list[float]
    shop_cpu: float
    is_warned: bool


# --- processes


@contextlib.contextmanager
def running(command: Sequence[object], cwd: Path, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Yield a process whose output goes to `log`; it has ended when the block is left."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *map(str, command)], cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def shop(folder: Path, *options: object) -> Iterator[tuple[str, int]]:
    """Yield the address and the process id of a fresh pet shop."""
    log = folder / "shop.log"
    log.unlink(missing_ok=True)
    command = ["-m", "petshop_app", "--port", 0, "--database", folder / "pets.sqlite3", *options]
    with running(command, ROOT, log) as process:
        yield wait_for(log, r"(http://\S+)", process), process.pid
    for file in folder.glob("pets.sqlite3*"):
        file.unlink()


def wait_for(log: Path, pattern: str, process: "subprocess.Popen[bytes]") -> str:
    """Return the first match in a growing log."""
    while process.poll() is None:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.05)
    raise SystemExit(f"{command_line(process)} ended with {process.returncode}:\n{log.read_text(errors='replace')}")


def command_line(process: "subprocess.Popen[bytes]") -> str:
    """Return the command line with which a process was started."""
    assert isinstance(process.args, list)
    return " ".join(map(str, process.args))


@contextlib.contextmanager
def swarm(folder: Path, cwd: Path, master: Sequence[object], workers: Sequence[Sequence[object]]) -> Iterator[Swarm]:
    """Yield a master and its workers, each started with its options in `cwd`; their logs go to `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    commands = [
        ["--headless", "--only-summary", "--master-bind-port", port, "--expect-workers", len(workers), *master],
        *[["--master-port", port, *worker] for worker in workers],
    ]
    logs = [folder / f"locust-{number}.log" for number in range(len(commands))]
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(running(["-m", "locust", *command], cwd, log))
            for command, log in zip(commands, logs, strict=True)
        ]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def cpu_until_end(master: "subprocess.Popen[bytes]", pids: Sequence[int], seconds: float) -> list[float]:
    """Wait for the master's end; return what each process used in the run's `seconds`, in per cent of one core."""
    began, before = time.monotonic(), [cpu_seconds(pid) for pid in pids]
    share = [0.0] * len(pids)
    while master.poll() is None:
        time.sleep(0.2)
        passed = time.monotonic() - began
        if passed > seconds + 3 * END_S:
            raise SystemExit(f"the run of {seconds:.0f} s has not ended after {passed:.0f} s")
        with contextlib.suppress(psutil.NoSuchProcess):  # workers may end a little before the master
            if passed <= seconds:
                used = [cpu_seconds(pid) for pid in pids]
                share = [100 * (now - then) / passed for now, then in zip(used, before, strict=True)]
    if master.returncode not in (0, 1):  # 1: some requests failed
        raise SystemExit(f"{command_line(master)} ended with {master.returncode}")
    return share


# --- the two cases


def measure(locustfile: str, workers: int, seconds: float, *shop_options: object) -> Result:
    """Run a locustfile with `workers` workers for `seconds` seconds against a fresh shop."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "locustfile.py").write_text(locustfile)
        with shop(folder, *shop_options) as (url, shop_pid):
            options = ["--host", url, "-u", USERS, "-r", USERS, "-t", f"{seconds:.0f}s", "--json-file", "figures"]
            with swarm(folder, folder, ["--master", *options], [["--worker"]] * workers) as (master, *others):
                wait_for(folder / "locust-0.log", "(All users spawned)", master)
                pids = [*(other.pid for other in others), shop_pid]
                *worker_cpu, shop_cpu = cpu_until_end(master, pids, seconds)
        (row,) = json.loads((folder / "figures.json").read_text())
        logs = [(folder / f"locust-{number}.log").read_text() for number in range(1, workers + 1)]
    times = {float(ms): count for ms, count in row["response_times"].items()}
    return Result(
        rps=row["num_requests"] / (row["last_request_timestamp"] - row["start_time"]),
        median_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
        worker_cpu=worker_cpu,
        shop_cpu=shop_cpu,
        is_warned=any(CPU_WARNING in log for log in logs),
    )


def percentile(times: dict[float, int], share: float) -> float:
    """Return the response time that `share` of the requests did not exceed."""
    left = share * sum(times.values())
    for time_ms in sorted(times):
        left -= times[time_ms]
        if left <= 0:
            return time_ms
    return max(times, default=0.0)


def rounds_for(milliseconds: float) -> int:
    """Return how many rounds of hashing keep a core of this machine busy for `milliseconds`."""
    trial = 20_000
    best = min(timed_hash(trial) for _ in range(5))
    return max(1, round(trial * milliseconds / 1000 / best))


def timed_hash(rounds: int) -> float:
    """Return the seconds that `rounds` rounds of hashing take."""
    began = time.perf_counter()
    hashlib.pbkdf2_hmac("sha256", b"{}", b"salt", rounds)
    return time.perf_counter() - began


def both_cases(seconds: float) -> dict[str, list[Result]]:
    """Run both cases, with one worker and with two, and print a row for each run."""
    print(
        f"{'bottleneck':11} {'workers':>7} {'requests/s':>10} {'p50 ms':>7} {'p95 ms':>7} {'CPU of workers':>15}",
        end="",
    )
    print(f" {'of the shop':>12}  Locust's CPU warning")
    cases: dict[str, tuple[str, list[object]]] = {
        "shop": (LOOKS, ["--capacity", SEATS, "--work-ms", WORK_MS]),
        "generator": (COMPUTES.replace("ROUNDS", str(rounds_for(COMPUTE_MS))), []),
    }
    results: dict[str, list[Result]] = {}
    for name, (locustfile, options) in cases.items():
        for workers in (1, 2):
            result = measure(locustfile, workers, seconds, *options)
            results.setdefault(name, []).append(result)
            cpu = " + ".join(f"{share:.0f} %" for share in result.worker_cpu)
            print(
                f"{name:11} {workers:7} {result.rps:10.0f} {result.median_ms:7.0f} {result.p95_ms:7.0f} {cpu:>15}",
                end="",
            )
            print(f" {result.shop_cpu:10.0f} %  {'yes' if result.is_warned else 'no'}", flush=True)
    return results


def summary(results: dict[str, list[Result]]) -> str:
    """Return in one line what the runs have shown."""
    gains = {name: two.rps / one.rps for name, (one, two) in results.items()}
    warned = [name for name, runs in results.items() if runs[0].is_warned]
    sign = f"only the {warned[0]} case" if len(warned) == 1 else ("both cases" if warned else "neither case")
    return (
        f"A second worker made it {gains['shop']:.2f} times the requests/s where the shop is the bottleneck, "
        f"{gains['generator']:.2f} times where the generator is ({os.cpu_count()} cores); the sign is Locust's own "
        f'warning, "CPU usage above 90%!", seen with one worker in {sign}.'
    )


# --- 5000 users


@dataclass(frozen=True)
class Moment:
    """A second of the big run, from Locust's own history."""

    second: float
    users: int
    rps: float
    p95_ms: float


def big_run() -> tuple[list[Moment], str]:
    """Run the reference solution with its 5000 users, print the table, return the history and a line about the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with shop(folder) as (url, shop_pid):
            options = ["--config", "master.conf", "--host", url, "-t", f"{BIG_RUN_S}s", "--stop-timeout", "20s"]
            history = ["--csv", folder / "big", "--csv-full-history"]
            workers = [["--config", "worker.conf"]] * 2
            with swarm(folder, SOLUTION, [*options, *history], workers) as (master, *others):
                wait_for(folder / "locust-0.log", "(Sending spawn jobs)", master)
                pids = [*(other.pid for other in others), shop_pid]
                *worker_cpu, shop_cpu = cpu_until_end(master, pids, BIG_RUN_S)
            pets = count_pets(folder / "pets.sqlite3")
        rows = list(csv.DictReader((folder / "big_stats_history.csv").open()))
        stats = list(csv.DictReader((folder / "big_stats.csv").open()))
        failures = list(csv.DictReader((folder / "big_failures.csv").open()))
        warned = any(CPU_WARNING in (folder / f"locust-{number}.log").read_text() for number in (1, 2))
    moments = [moment(row, rows[0]) for row in rows if row["Name"] == "Aggregated"]
    print(
        f"\n{max(m.users for m in moments)} users reached at 100 users/s; {pets} pets after {BIG_RUN_S} s of run time"
    )
    print(f"{'':16} {'requests':>9} {'requests/s':>10} {'p50 ms':>7} {'p95 ms':>7} {'failed':>7}")
    for row in stats:
        what = f"{row['Type']} {row['Name']}".strip()
        print(f"{what:16} {int(row['Request Count']):9} {float(row['Requests/s']):10.0f}", end="")
        print(f" {int(row['50%']):7} {int(row['95%']):7} {int(row['Failure Count']):7}")
    kinds = by_kind(failures)
    print("failures: " + ", ".join(f"{kind} {count}" for kind, count in kinds.items()))
    cpu = " + ".join(f"{share:.0f} %" for share in worker_cpu)
    print(f"CPU: workers {cpu}, shop {shop_cpu:.0f} % of a core; Locust's CPU warning: {'yes' if warned else 'no'}")
    return moments, f"{kinds['over the limit']} answers over 3 s, {kinds['connection']} connection errors"


def count_pets(database: Path) -> int:
    """Return how many pets a shop has; read from its database, since thousands of requests may still be queued."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT COUNT(*) FROM pets").fetchone()
    return int(count)


def moment(row: dict[str, str], first: dict[str, str]) -> Moment:
    """Return a row of Locust's history, its time counted from the first."""
    p95 = row["95%"]
    return Moment(
        second=float(row["Timestamp"]) - float(first["Timestamp"]),
        users=int(row["User Count"]),
        rps=float(row["Requests/s"]),
        p95_ms=float(p95) if p95 != "N/A" else 0.0,
    )


def by_kind(failures: Sequence[dict[str, str]]) -> dict[str, int]:
    """Return how many requests failed because of their time, because of their status, and without a connection."""
    kinds = {"over the limit": 0, "status": 0, "connection": 0}
    for row in failures:
        said = row["Error"]
        kind = (
            "over the limit"
            if "over the limit" in said
            else "status"
            if re.search(r"status \d+|\d+ \w+ Error", said)
            else ""
        )
        if "status 0 " in said or not kind:  # Locust gives a request without an answer the status 0
            kind = "connection"
        kinds[kind] += int(row["Occurrences"])
    return kinds


def open_file_advice() -> str:
    """Return what to do if the system doesn't let a process open enough files; empty if it does, or has no limit."""
    try:
        import resource
    except ImportError:  # Windows
        return ""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= OPEN_FILES:
        return ""  # Locust and the shop raise the soft limit themselves
    return (
        f"Each connection is an open file, and this terminal allows a process {hard} of them (`ulimit -Hn`): too few "
        f"for 5000 users. Linux: raise nofile in /etc/security/limits.conf and log in again; in a container: "
        f"--ulimit nofile={OPEN_FILES}; macOS: sudo launchctl limit maxfiles {OPEN_FILES} unlimited, a new terminal."
    )


# --- the picture


def draw(cases: dict[str, list[Result]], moments: list[Moment], ending: str, file: Path) -> None:
    """Draw both cases as bars and the big run over its time."""
    from benchmarks.drawing import LATENCY, MARK, THROUGHPUT, canvas, save

    figure, (bars, load, latency) = canvas(3, height=3.1)
    for position, runs in enumerate(cases.values()):
        for offset, (run, color) in enumerate(zip(runs, (MARK, THROUGHPUT), strict=True)):
            place = position + 0.36 * offset
            bars.bar(
                place, run.rps, 0.34, color=color, label=f"{offset + 1} worker{'s' * offset}" if not position else None
            )
            bars.annotate(f"{run.rps:.0f}", (place, run.rps), ha="center", va="bottom", fontsize=8)
    bars.set_xticks([0.18, 1.18], [f"the {name}" for name in cases])
    bars.set(
        title="Requests/s, by bottleneck", ylim=(0, 1.45 * max(run.rps for runs in cases.values() for run in runs))
    )
    bars.legend(loc="upper left", fontsize=8)
    seconds, most = [m.second for m in moments], max(m.users for m in moments)
    full = next(m.second for m in moments if m.users == most)
    load.plot(seconds, [m.rps for m in moments], color=THROUGHPUT)
    load.set(title=f"{most} users: requests/s", xlabel="seconds", ylim=(0, None))
    latency.plot(seconds, [m.p95_ms / 1000 for m in moments], color=LATENCY)
    latency.set(title=f"{most} users: p95, s", xlabel="seconds", ylim=(0, None))
    for panel in (load, latency):
        panel.axvline(full, color=MARK, linewidth=1, linestyle="--")
        panel.annotate(
            "all are there",
            (full, 0.93),
            xycoords=("data", "axes fraction"),
            fontsize=8,
            color=MARK,
            xytext=(4, 0),
            textcoords="offset points",
        )
    machine = f"{os.cpu_count()} cores for shop, master and workers, {platform.system()}"
    save(figure, file, f"python benchmarks/scaling.py; {machine}; 5000 users: {ending}")


def seconds_of(text: str) -> float:
    """Return a run time as Locust writes it, such as 20, 20s or 1m30s, in seconds; for argparse."""
    found = re.fullmatch(r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a run time: write 20, 20s or 1m30s")
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return 3600.0 * hours + 60 * minutes + seconds


def main() -> int:
    """Print the tables and what the runs have shown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--quick", action="store_true", help="the two cases alone, without the 5000 users and the picture"
    )
    parser.add_argument(
        "--run-time", type=seconds_of, metavar="TIME", help="shared by the four runs (quick: 20s, else 80s)"
    )
    parser.add_argument("--out", type=Path, default=PICTURE, metavar="FILE", help="the picture (the README's own)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the shop and the swarm end as well
    total = options.run_time or (20 if options.quick else 80)
    if advice := open_file_advice():
        print(advice)
    cases = both_cases(max(SHORTEST_S, total / 4))
    if not options.quick:
        moments, ending = big_run()
        draw(cases, moments, ending, options.out)
    print(summary(cases))
    return 0


if __name__ == "__main__":
    sys.exit(main())
