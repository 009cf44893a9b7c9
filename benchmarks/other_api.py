"""The take-home's references, unchanged, against an independent implementation of its API: npm's `jsonplaceholder`.

    python benchmarks/other_api.py [--seconds 30]

Installs the package into a temporary folder (this needs Node.js with npm, and a network), serves it behind a relay that
notes which user asks for what, and runs each reference twice: in one process, and as a master with two workers. Ends
with status 1 if a request fails, a user asks for comments on another user's post, or two users have one id.
"""

import argparse
import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import flask
import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.fleet import until
from checks.lab.locust.swarm import free_port
from checks.lab.target.journal import Request
from checks.lab.target.server import Target, serve
from jsonplaceholder_task.api import name_visitor

PACKAGE = "jsonplaceholder@0.3.3"
SOLUTION = ROOT / "solutions" / "jsonplaceholder_task"
REFERENCES = {"short": SOLUTION / "simulations", "robust": SOLUTION / "robust"}
USERS, WORKERS = 8, 2  # as many users as users.csv has rows: each has an id of its own
WAIT_S = 30.0


@contextlib.contextmanager
def other_api(folder: Path) -> Iterator[str]:
    """Yield the address of the package's server, installed into this folder."""
    if not (node := shutil.which("node")) or not (npm := shutil.which("npm")):
        sys.exit("Node.js with npm is needed: apt install nodejs npm")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    if subprocess.run(
        [npm, "install", PACKAGE, "--prefix", str(folder), *options], stdout=subprocess.DEVNULL, check=False
    ).returncode:
        sys.exit(f"npm could not install {PACKAGE}; what it said stands above")
    port = free_port()
    server = subprocess.Popen(
        [node, "index.js"],
        cwd=folder / "node_modules" / "jsonplaceholder",
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )

    def answers() -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"http://127.0.0.1:{port}/users", timeout=WAIT_S).ok
        return False

    try:
        if not until(answers, WAIT_S):
            sys.exit(f"{PACKAGE} does not answer on port {port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def relay(url: str) -> flask.Flask:
    """Return an application that passes each request on, and tells users apart by a cookie."""
    app = flask.Flask("relay", static_folder=None)
    app.after_request(name_visitor)
    own = threading.local()  # each thread needs a session of its own

    @app.get("/<path:path>")
    def hand_on(path: str) -> flask.Response:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        answer = own.session.get(f"{url}/{path}", params=list(flask.request.args.items(multi=True)), timeout=WAIT_S)
        return flask.Response(answer.content, answer.status_code, content_type=answer.headers["Content-Type"])

    return app


def run(locustfile: Path, target: Target, seconds: int, workers: int, log: Path) -> str:
    """Run a reference to its end; return Locust's log if it ended badly, for example after a failed request."""
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "--only-summary", "-H", target.url]
    test = ["-u", str(USERS), "-r", str(USERS), "--run-time", f"{seconds}s", "--stop-timeout", "5"]
    port = str(free_port())
    if workers:
        test += ["--master", "--master-bind-port", port, "--expect-workers", str(workers)]
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("wb"))
        processes = []
        for options in (test, *(["--worker", "--master-port", port],) * workers):
            processes.append(
                subprocess.Popen([*command, *options], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            )
            stack.callback(processes[-1].kill)
        ended_well = {process.wait(seconds + WAIT_S) for process in processes} == {0}
    return "" if ended_well else log.read_text(encoding="utf-8", errors="replace")


def faults(visits: Sequence[Sequence[Request]], posts_of: dict[str, set[str]]) -> Iterator[str]:
    """Yield what is wrong with what the users did: an error, a change of id, a comment of another's, a shared id."""
    ids = set[str]()
    for visit in visits:
        yield from (f"{request} ended with {request.status}" for request in visit if request.status != 200)
        own = {request.query["userId"][0] for request in visit if request.path == "/posts"}
        asked = {request.query["postId"][0] for request in visit if request.path == "/comments"}
        if len(own) != 1 or own & ids:
            yield f"a user with the ids {sorted(own)}, the others with {sorted(ids)}"
        elif foreign := asked - posts_of.get(min(own), set()):
            yield f"the user with id {min(own)} asked for the comments of {sorted(foreign)}"
        ids |= own
    if len(ids) != USERS or not any(request.path == "/comments" for visit in visits for request in visit):
        yield f"{len(visits)} users with the ids {sorted(ids)}"


def main() -> int:
    """Print what the users did, run by run; return 1 if something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, default=30, help="length of each run (%(default)s)")
    seconds = parser.parse_args().seconds
    status = 0
    with tempfile.TemporaryDirectory() as folder, other_api(Path(folder)) as url:
        posts_of: dict[str, set[str]] = {}
        for post in requests.get(f"{url}/posts", timeout=WAIT_S).json():
            posts_of.setdefault(str(post["userId"]), set()).add(str(post["id"]))
        for (name, reference), workers in itertools.product(REFERENCES.items(), (0, WORKERS)):
            with serve(relay(url)) as target:
                locustfile = reference / "demo_locustfile.py"
                complaint = run(locustfile, target, seconds, workers, Path(folder) / "locust.log")
                visits = list(target.journal.visits().values())
            found = [*faults(visits, posts_of), *filter(None, [complaint])]
            sent = [request for visit in visits for request in visit]
            comments = sum(request.path == "/comments" for request in sent)
            processes = f"master and {workers} workers" if workers else "one process"
            print(f"{name:8} {processes:20} {len(visits)} users, ", end="")
            print(f"{len(sent)} requests, {comments} of them for comments; wrong: {'; '.join(found) or 'nothing'}")
            status |= bool(found)
    return status


if __name__ == "__main__":
    sys.exit(main())
