"""`demo`: a stage shown live, by the pet shop and Locust on the reference solution, or by a script that measures."""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from checks.stages import ROOT, Stage
from course import demos
from course.arguments import run_time, spawn_rate, user_count
from course.choice import NUMBERED, chosen
from course.ending import Stop, say
from course.job import Job
from course.ports import free_port, turn
from course.programs import first_to_end, running, wait_until_answering
from course.system import INTERRUPT

Started = tuple[str, "subprocess.Popen[bytes]"]  # an address, and the program that answers there


def read(words: list[str]) -> Job:
    """Reads which stage is to be shown, and with how much load."""
    options = parser().parse_args(words)
    stage = chosen(options.stage)
    if stage.demo.script:
        return Job(partial(measure, stage.demo.script, options.run_time or "20s"))
    options.users = options.users or stage.demo.users
    options.spawn_rate = options.spawn_rate or stage.demo.spawn_rate
    return Job(partial(show, stage, options))


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    first = NUMBERED[0].number
    parser = argparse.ArgumentParser(prog="workshop.py demo", description=show.__doc__, allow_abbrev=False)
    parser.add_argument("stage", nargs="?", default=first, help=f"the stage's number (default: {first})")
    parser.add_argument("--headless", action="store_true", help="no web page: run, print the table, end")
    parser.add_argument("--run-time", type=run_time, metavar="TIME", help="20, 20s, 3m, 1h20m (headless: 10s)")
    parser.add_argument("--users", type=user_count, metavar="N", help="default: what shows the stage best")
    parser.add_argument("--spawn-rate", type=spawn_rate, metavar="N", help="users a second")
    return parser


def measure(script: str, run_time: str) -> int:
    """Runs a script of benchmarks/ that shows a stage in the terminal; returns its status."""
    command = [sys.executable, ROOT / script, "--quick", "--run-time", run_time]
    with running(command, cwd=ROOT, request=INTERRUPT) as process:
        return first_to_end({"the measurement": process})[1]


def show(stage: Stage, options: argparse.Namespace) -> int:
    """Shows a stage: the pet shop and Locust on the reference solution; returns Locust's status."""
    with tempfile.TemporaryDirectory(prefix="workshop-", ignore_cleanup_errors=True) as folder:
        status = run(stage, options, Path(folder))
        if options.headless and status == 0:
            say(f"\nWhat you saw: {demos.seen(stage, demos.totals(Path(folder)))}")
        return status


def run(stage: Stage, options: argparse.Namespace, folder: Path) -> int:
    """Runs the pet shop and Locust until Locust has ended; raises Stop if one of them crashes."""
    with contextlib.ExitStack() as programs:
        with turn():
            shop_url, shop = programs.enter_context(pet_shop(stage, folder))
            web_url, locust = programs.enter_context(swarm(stage, options, folder, shop_url))
        if not options.headless:
            say(f"\n  The pet shop   {shop_url}\n  Locust         {web_url}\n\nCtrl-C ends both.\n")
        ended, status = first_to_end({"the pet shop": shop, "Locust": locust})
    if options.headless and ended == "Locust" and status >= 0:
        return status
    raise Stop(f"{ended} ended unexpectedly with status {status}; its message is above.")


@contextlib.contextmanager
def pet_shop(stage: Stage, folder: Path) -> Iterator[Started]:
    """Yields a pet shop that answers, with its database in `folder`."""
    port = free_port("the pet shop", stage.port)
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "petshop_app", "--port", port),
        *("--database", folder / "pets.sqlite3", *stage.demo.shop),
    ]
    with running(command, cwd=ROOT) as process:
        wait_until_answering("the pet shop", process, f"{url}/health")
        yield url, process


@contextlib.contextmanager
def swarm(stage: Stage, options: argparse.Namespace, folder: Path, shop_url: str) -> Iterator[Started]:
    """Yields Locust on the stage's solution, when its web page, if any, answers; statistics go to `folder`."""
    port = 0 if options.headless else free_port("Locust", 8089)
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "locust", "-f", stage.locustfile, "--host", shop_url, "--csv", folder / "locust"),
        *(*load(options, port), *stage.demo.locust),
    ]
    with running(command, cwd=stage.solution) as process:
        if not options.headless:
            wait_until_answering("Locust", process, url)
        yield url, process


def load(options: argparse.Namespace, web_port: int) -> list[object]:
    """Returns the options of Locust that say how many users there are, for how long, and where the web page is."""
    words = ["--users", options.users, "--spawn-rate", options.spawn_rate]
    if options.headless:
        return [*words, "--headless", "--only-summary", "--run-time", options.run_time or "10s"]
    if options.run_time:
        words += ["--run-time", options.run_time]
    return [*words, "--web-host", "127.0.0.1", "--web-port", web_port]
