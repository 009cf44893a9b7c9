"""Every figure of the slides, drawn from real Locust runs on this machine; about twelve minutes for all.

    python slides/figures/draw.py [NAME ...] [--out DIR]

Figures that a stage's README shows as well are drawn there, by the script that the caption names. Each run has a
bounded number of users and seconds, on 127.0.0.1 alone.
"""

import argparse
import contextlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import mean, median, quantiles
from typing import TYPE_CHECKING, Any

from flask import Flask

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import figures
from benchmarks.drawing import LATENCY, MARK, THROUGHPUT, canvas, save
from benchmarks.figures import MACHINE, SEATS, WORK_MS, limited, locust, paced, petshop, steady_rate
from checks.lab.cell.practice import Cell
from checks.lab.locust.swarm import Swarm, swarm
from checks.lab.target.peers import Peers
from checks.lab.target.server import Target, serve
from petshop_app import create_app, mystery
from petshop_app.capacity import Capacity
from petshop_app.seed import OWNERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from benchmarks.figures import Around

HERE = Path(__file__).resolve().parent
LATE = "#1d4ed8"  # one more colour, for the worker that comes late
HERDS = (10, 500, 1000, 2000, 4000)  # pets in the shop
MYSTERY_NAME = "workshop"  # as in solutions/02_stress_test/findings.toml
MYSTERY_CROWDS = (1, 4, 8, 11, 14, 17, 21, 28, 40, 60)
SLOW_SHARE, SLOW_S = 0.06, (1.5, 2.5)
HOLDERS = 9  # owners and users of the crash


def caption(name: str, text: str) -> str:
    """Return a caption: what is shown, the command that draws it, the kind of machine."""
    return f"{text} python slides/figures/draw.py {name}; {MACHINE}"


def beside(side: str) -> Any:
    """Return what places an annotation some points away from its point, towards a side."""
    return {"textcoords": "offset points", "ha": side, "fontsize": 9}


# --- opening: the data grow


def stocked(pets: int) -> "Around":
    """Return what fills a fresh shop with so many pets."""

    def around(app: "WSGIApplication") -> "WSGIApplication":
        assert isinstance(app, Flask)
        with contextlib.closing(sqlite3.connect(app.config["DATABASE"])) as connection, connection:
            rows = ((f"Pet {number}", "dog") for number in range(pets))
            connection.executemany("INSERT INTO pets (name, category) VALUES (?, ?)", rows)
        return app

    return around


def growth(file: Path) -> None:
    """Draw how long the dashboard takes for one visitor, and for ten at once, while the shop gets more pets."""
    figure, (panel,) = canvas()
    for users, color in ((10, LATENCY), (1, THROUGHPUT)):
        times = [median(ms for _, ms in paced(users, 0, stocked(pets), 8, "/", 5)) for pets in HERDS]
        print(f"{users:3} users: " + ", ".join(f"{pets}: {ms:.0f} ms" for pets, ms in zip(HERDS, times, strict=True)))
        panel.plot(HERDS, times, "o-", color=color, markersize=3.5)
        name = f"{users} visitors at once" if users > 1 else "1 visitor"
        panel.annotate(f"{name}: {times[-1]:.0f} ms", (HERDS[-1], times[-1]), (-6, 6), color=color, **beside("right"))
    panel.set(xlabel="pets in the shop", ylabel="dashboard, median, ms", ylim=(0, None))
    save(figure, file, caption("growth", "The same code all the way."))


# --- stage 02: open and closed, Little's law


def open_closed(file: Path) -> None:
    """Draw the response times of a shop that can do 100 requests/s under closed and under open workloads."""
    figure, panels = canvas(columns=2)
    closed = {f"{users} users": (users, 0.0) for users in (100, 20)}
    arrivals = {f"{rate}/s": (4 * rate, 4.0) for rate in (120, 110, 80)}
    titles = ("Closed: each user waits for its answer", "Open: they come, come what may")
    for panel, title, loads in zip(panels, titles, (closed, arrivals), strict=True):
        for (name, (users, pace)), color in zip(loads.items(), (LATENCY, THROUGHPUT, MARK), strict=False):
            points = paced(users, pace, limited, 4 * SEATS)
            late = median(ms for start, ms in points if start > 19)
            print(f"{name}: {len(points)} requests, median of the last second {late:.0f} ms", flush=True)
            panel.plot(*zip(*points, strict=True), ".", color=color, markersize=2, rasterized=True)
            panel.annotate(f"{name}: {late / 1000:.1f} s", (20, late), (0, 10), color=color, **beside("right"))
        panel.set(title=title, xlabel="sent at, s", xlim=(0, 20.5), ylim=(0, 5000))
        panel.title.set_fontsize(10)
    panels[0].set_ylabel("response time, ms")
    shop = f"A shop of {SEATS} seats, {WORK_MS} ms each: 100 requests/s."
    save(figure, file, caption("open_closed", shop))


def littles_law(file: Path) -> None:
    """Draw the mystery shop's throughput with its knee, and the users that Little's law finds in the shop."""
    limits = mystery.limits(MYSTERY_NAME)
    rates, means = [], []
    for users in MYSTERY_CROWDS:
        with petshop(lambda app: Capacity(app, *limits), 4 * limits.seats) as url:
            rows = locust(ROOT / "solutions/02_stress_test/locustfile.py", url, users, figures.RUN_S)
        rates.append(steady_rate(rows))
        total_ms = sum(row["total_response_time"] for row in rows)
        means.append(total_ms / sum(row["num_requests"] for row in rows) / 1000)
        print(f"{users:4} users: {rates[-1]:5.1f} requests/s, {means[-1] * 1000:5.0f} ms", flush=True)
    alone, most = means[0], max(rates)
    knee = alone * most
    figure, (left, right) = canvas(columns=2)
    left.plot((0, 1.25 * knee), (0, 1.25 * knee / alone), ":", color=MARK)
    left.axhline(most, color=MARK, linestyle=":")
    left.plot(MYSTERY_CROWDS, rates, "o", color=THROUGHPUT, markersize=4)
    left.axvline(knee, color=MARK, linestyle="--", linewidth=1)
    left.annotate(
        f"knee: {most:.0f}/s · {alone:.2f} s = {knee:.1f} users",
        (knee, 0.35 * most),
        (6, 0),
        color=MARK,
        **beside("left"),
    )
    left.set(xlabel="users", ylabel="requests per second", ylim=(0, 1.3 * most))
    right.plot((0, MYSTERY_CROWDS[-1]), (0, MYSTERY_CROWDS[-1]), color=MARK, linewidth=1)
    law = [rate * seconds for rate, seconds in zip(rates, means, strict=True)]
    right.plot(MYSTERY_CROWDS, law, "o", color=LATENCY, markersize=4)
    right.set(xlabel="users there were, N", ylabel="throughput · response time, X · R")
    save(figure, file, caption("littles_law", f"The mystery shop of “{MYSTERY_NAME}”."))


# --- stage 03: the average


def now_and_then_slow(app: "WSGIApplication") -> "WSGIApplication":
    """Return the app with a few answers that take about two seconds."""
    chance = random.Random(3)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if chance.random() < SLOW_SHARE:
            time.sleep(chance.uniform(*SLOW_S))
        return app(environ, start_response)

    return application


def average(file: Path) -> None:
    """Draw a shop's response times with their average and their percentiles: hardly anybody gets the average."""
    times = [ms for _, ms in paced(100, 2.0, now_and_then_slow, 100)]
    cuts = quantiles(times, n=100)
    figure, (panel,) = canvas()
    panel.hist(times, bins=[10 ** (exponent / 12) for exponent in range(44)], color="#94a3b8")
    panel.set(xscale="log", yscale="log", xlabel="response time, ms", ylabel="requests", xlim=(1, 12_000))
    panel.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    panel.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    panel.set_ylim(0.8, 8000)
    marked = {"average": mean(times), "p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}
    for (name, ms), height in zip(marked.items(), (0.93, 0.93, 0.83, 0.93), strict=True):
        color = LATENCY if name == "average" else THROUGHPUT
        panel.axvline(ms, color=color, linewidth=1.5)
        place = {"xycoords": ("data", "axes fraction"), **beside("right" if name == "p95" else "left")}
        panel.annotate(f"{name} {ms:.0f} ms", (ms, height), (-4 if name == "p95" else 4, 0), color=color, **place)
    near = sum(0.5 * marked["average"] < ms < 2 * marked["average"] for ms in times)
    print(f"{len(times)} requests: {marked}; {near} between half the average and twice the average")
    text = f"{len(times)} requests; {near} of them took between half the average and twice the average."
    save(figure, file, caption("average", text))


# --- stage 06: a worker's crash


@contextlib.contextmanager
def distributed_solution() -> Iterator[Swarm]:
    """Give a swarm on stage 06's solution, with as many users as its file has owners, against a shop of its own."""
    with Cell() as cell, tempfile.TemporaryDirectory() as folder:
        for source in (ROOT / "solutions" / "06_distributed_data").glob("*.py"):
            shutil.copy(source, cell.work)
        rows = [f"{owner.id},someone\n" for owner in OWNERS[:HOLDERS]]
        (cell.work / "owners.csv").write_text("owner_id,name\n" + "".join(rows))
        shop = create_app({"DATABASE": Path(folder) / "petshop.sqlite3"})
        with serve(shop, peers=Peers()) as target, swarm(cell, target, users=HOLDERS, compression=8) as nodes:
            yield nodes
        shop.extensions["petshop_db"]()


def holdings(target: Target) -> dict[tuple[int, str, str], list[float]]:
    """Return when each user of each worker asked for the pets of each owner."""
    assert target.peers
    times: dict[tuple[int, str, str], list[float]] = {}
    for request in target.journal:
        if found := re.fullmatch(r"/owners/(\d+)/pets", request.path):
            key = int(found[1]), target.peers.name(request.peer_port), request.visitor
            times.setdefault(key, []).append(request.start)
    return times


def crash(file: Path) -> None:
    """Draw which user of which worker holds which id, before and after a worker is killed and replaced."""
    with distributed_solution() as nodes:
        command = ["-f", "locustfile.py"]
        master = nodes.start_master(["--master", *command], spawn_rate=HOLDERS, workers=3)
        workers = [nodes.start_worker(["--worker", *command]) for _ in range(3)]

        def at_work() -> int:
            return len({owner for owner, *_ in holdings(nodes.target)})

        assert nodes.until(at_work, HOLDERS), master.log
        time.sleep(5)
        killed = time.monotonic()
        nodes.kill(workers[1])
        assert nodes.until(lambda: len(master.record.losses), 1), master.log
        noticed = master.record.losses[0].time
        time.sleep(3)
        replaced = time.monotonic()
        nodes.start_worker(["--worker", *command])
        time.sleep(9)
        held = holdings(nodes.target)
    start = min(min(times) for times in held.values())
    moments = {"kill -9": killed - start, "noticed": noticed - start, "new worker": replaced - start}
    print({name: round(second, 1) for name, second in moments.items()})
    draw_holdings(held, start, moments, file)


def draw_holdings(
    held: dict[tuple[int, str, str], list[float]], start: float, moments: dict[str, float], file: Path
) -> None:
    """Draw a line for each user from its first request to its last, at the height of the id that it held."""
    colors = dict(zip((f"worker {number}" for number in range(1, 5)), (THROUGHPUT, LATENCY, MARK, LATE), strict=True))
    rows = {owner.id: row for row, owner in enumerate(OWNERS[:HOLDERS])}
    figure, (panel,) = canvas()
    for (owner, worker, _), times in held.items():
        points = [second - start for second in times]
        panel.plot(points, [rows[owner]] * len(points), "|-", color=colors[worker], linewidth=3, markersize=9)
    for worker, color in colors.items():
        panel.plot([], [], color=color, linewidth=3, label=worker)
    for name, second in moments.items():
        panel.axvline(second, color=MARK, linestyle="--", linewidth=1)
        panel.annotate(name, (second, -0.9), (3, 0), color=MARK, **beside("left"))
    panel.set(xlabel="seconds", ylabel="owner id, in file order", ylim=(HOLDERS - 0.5, -1.4))
    panel.set_yticks(list(rows.values()), [str(owner) for owner in rows])
    panel.grid(visible=False)
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1))
    text = f"{HOLDERS} users, {HOLDERS} ids; a mark is a request of the user that holds the id."
    save(figure, file, caption("crash", text))


# --- the command


def elsewhere(script: str, *words: str) -> Callable[[Path], None]:
    """Return what draws a figure of a stage's README, by the script that the stage names."""

    def draw(_file: Path) -> None:
        subprocess.run([sys.executable, str(ROOT / "benchmarks" / script), *words], check=True)

    return draw


FIGURES: dict[str, Callable[[Path], None]] = {
    "growth": growth,
    "open_closed": open_closed,
    "littles_law": littles_law,
    "average": average,
    "crash": crash,
}
SHARED = {  # with the READMEs of the stages
    "capacity": elsewhere("figures.py", "capacity"),
    "coordinated_omission": elsewhere("figures.py", "coordinated_omission"),
    "scaling": elsewhere("scaling.py"),
}


def main() -> int:
    """Draw the figures that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join([*FIGURES, *SHARED])} (default: all)")
    parser.add_argument("--out", type=Path, default=HERE, metavar="DIR", help="where the slides' own figures go")
    options = parser.parse_args()
    known = {**FIGURES, **SHARED}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no figure {unknown[0]}; there are: {', '.join(known)}")
    for name in options.names or known:
        known[name](options.out / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
