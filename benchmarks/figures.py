"""The figures of the stages' READMEs, drawn from real Locust runs on this machine; about three minutes.

    python benchmarks/figures.py [capacity] [coordinated_omission]

Each run has a bounded number of users and seconds, only on 127.0.0.1.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import mean, median, quantiles
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.drawing import LATENCY, MARK, THROUGHPUT, canvas, save
from checks.lab.target.server import serve
from petshop_app import create_app
from petshop_app.capacity import Capacity

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Around = Callable[[WSGIApplication], WSGIApplication]  # middleware around the shop's application

MACHINE = f"{os.cpu_count()} cores, {platform.system()}"
SEATS, WORK_MS = 10, 100
CROWDS = (1, 2, 4, 6, 8, 10, 12, 15, 20, 30, 50, 100, 150, 200)
RUN_S, SETTLING_S = 8, 2
STALL_FROM_S, STALL_FOR_S, CALM_S = 8.0, 4.0, 20.0

# Each user is due every `pace` seconds. With a pace of 0 it comes back 50 ms after it is served.
PACED = """
import json, random, time
from locust import HttpUser, events, task

class Visitor(HttpUser):
    def on_start(self):
        time.sleep({pace} * random.random())  # not all at once
        self.due = time.monotonic()

    def wait_time(self):
        self.due += {pace}
        return max(0.05, self.due - time.monotonic())

    @task
    def look(self):
        self.client.get({path!r})

log = open({log!r}, "w", buffering=1)  # Locust ends without emptying buffers

@events.request.add_listener
def note(response_time, start_time, **_):
    log.write(json.dumps([start_time, response_time]) + "\\n")
"""


@contextlib.contextmanager
def petshop(around: "Around", threads: int = 8) -> Iterator[str]:
    """Serve a fresh shop with this middleware around it; yield its address."""
    with tempfile.TemporaryDirectory() as folder:
        shop = create_app({"DATABASE": Path(folder) / "petshop.sqlite3"})
        with serve(around(shop), threads=threads) as target:
            yield target.url
        shop.extensions["petshop_db"]()


def limited(app: "WSGIApplication") -> "WSGIApplication":
    """Return the app with a known capacity."""
    return Capacity(app, SEATS, WORK_MS)


def stalling(app: "WSGIApplication") -> "WSGIApplication":
    """Return the app with a pause for all: it begins STALL_FROM_S after the first request and lasts STALL_FOR_S."""
    first: list[float] = []

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        now = time.monotonic()
        first.append(now)
        end = first[0] + STALL_FROM_S + STALL_FOR_S
        if first[0] + STALL_FROM_S <= now < end:
            time.sleep(end - now)
        return app(environ, start_response)

    return application


def locust(file: Path, url: str, users: int, seconds: float, *options: str) -> list[dict[str, Any]]:
    """Run Locust without its web page; return the rows of its statistics."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "locust", "-f", str(file), "--headless", "--host", url, "-t", f"{seconds:.0f}s"),
            *("-u", str(users), "-r", str(users), "--json-file", f"{folder}/out", *options),
        ]
        subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds + 60)
        rows: list[dict[str, Any]] = json.loads(Path(folder, "out.json").read_text())
        return rows


def steady_rate(rows: list[dict[str, Any]]) -> float:
    """Return the requests/s of all rows once the run has settled."""
    seconds: dict[int, int] = {}
    for row in rows:
        for second, count in row["num_reqs_per_sec"].items():
            seconds[int(second)] = seconds.get(int(second), 0) + count
    return mean(seconds[second] for second in sorted(seconds)[SETTLING_S:-1])


def capacity() -> None:
    """Draw throughput and response time of a shop of known capacity against the number of users."""
    rates, times = [], []
    for users in CROWDS:
        with petshop(limited, 4 * SEATS) as url:
            rows = locust(ROOT / "solutions/02_stress_test/locustfile.py", url, users, RUN_S)
        rates.append(steady_rate(rows))
        times.append(median(float(ms) for row in rows for ms, n in row["response_times"].items() for _ in range(n)))
        print(f"{users:4} users: {rates[-1]:6.1f} requests/s, median {times[-1]:6.0f} ms", flush=True)
    figure, (left, right) = canvas(columns=2)
    left.plot(CROWDS, rates, "o-", color=THROUGHPUT, markersize=3.5)
    left.set(xlabel="users", ylabel="requests per second", ylim=(0, max(rates) * 1.15), xscale="log")
    right.plot(CROWDS, times, "o-", color=LATENCY, markersize=3.5)
    right.set(xlabel="users", ylabel="median response time, ms", ylim=(0, None))
    for panel in (left, right):
        panel.axvline(SEATS, color=MARK, linestyle="--", linewidth=1)
    left.annotate("knee: 10 users", (SEATS, max(rates) * 0.3), (6, 0), textcoords="offset points", color=MARK)
    left.set_xticks([1, 10, 100], ["1", "10", "100"])
    caption = f"A shop of {SEATS} seats, {WORK_MS} ms each. python benchmarks/figures.py capacity; {MACHINE}"
    save(figure, ROOT / "exercises/02_stress_test/capacity.svg", caption)


def paced(
    users: int, pace: float, around: "Around", threads: int, path: str = "/pets/1", seconds: float = CALM_S
) -> list[tuple[float, float]]:
    """Return start (seconds since the first) and response time (ms) of each request of a run against a fresh shop."""
    with tempfile.TemporaryDirectory() as folder, petshop(around, threads) as url:
        log, file = Path(folder, "log.jsonl"), Path(folder, "paced.py")
        file.write_text(PACED.format(pace=pace, path=path, log=str(log)))
        locust(file, url, users, seconds, "--stop-timeout", "10")
        points = sorted(tuple(json.loads(line)) for line in log.read_text().splitlines())
    return [(start - points[0][0], milliseconds) for start, milliseconds in points]


def coordinated_omission() -> None:
    """Draw one stall of the shop as a closed test sees it and as users who arrive at their own pace feel it."""
    closed, open_ = paced(5, 0, stalling, 600), paced(400, 4, stalling, 600)
    figure, panels = canvas(columns=2)
    titles = ("5 users who wait for their answers", "100 arrivals per second, come what may")
    for panel, points, title in zip(panels, (closed, open_), titles, strict=True):
        starts, times = zip(*points, strict=True)
        p50, p99 = quantiles(times, n=100)[49], quantiles(times, n=100)[98]
        slow = sum(milliseconds > 1000 for milliseconds in times)
        print(f"{title}: {len(times)} requests, {slow} over 1 s, p50 {p50:.0f} ms, p99 {p99:.0f} ms")
        panel.plot(starts, times, ".", color=LATENCY, markersize=2, rasterized=True)
        panel.axvspan(STALL_FROM_S, STALL_FROM_S + STALL_FOR_S, color="#e2e8f0", zorder=0)
        panel.set(title=title, xlabel="sent at, s", ylim=(-100, STALL_FOR_S * 1100), xlim=(0, CALM_S))
        panel.title.set_fontsize(10)
        text = f"{slow} of {len(times)} over 1 s\n50 %: {p50:.0f} ms\n99 %: {p99:.0f} ms"
        panel.annotate(text, (0.63, 0.6), xycoords="axes fraction", color=MARK)
    panels[0].set_ylabel("response time, ms")
    caption = f"The same shop stands still for 4 s. python benchmarks/figures.py coordinated_omission; {MACHINE}"
    save(figure, ROOT / "exercises/03_slo_failures/coordinated_omission.svg", caption)


FIGURES = {"capacity": capacity, "coordinated_omission": coordinated_omission}


def main() -> int:
    """Draw the figures that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("figure", nargs="*", choices=[*FIGURES, []], help="which ones (default: all)")
    for name in parser.parse_args().figure or FIGURES:
        FIGURES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
