"""The workshop in one command: python3 workshop.py COMMAND (on Windows: py workshop.py COMMAND).

  demo [STAGE]      start the pet shop and Locust on a stage's reference solution (01 unless you name one)
                    --headless        no web page: run, print the table, end (--run-time 10s)
                    --users N  --spawn-rate N
  check [STAGE ...] grade your work in exercises/, all of it or one stage: check 01; options go to pytest: --hints
  reset STAGE       put a stage's starter back; your own file is kept beside it as NAME.bak
  grade PATH...     grade submissions of others: [--task NN|jsonplaceholder] [--jobs N] [--out DIR]
                    [--practice] [--seed N] [--again]
  slides            build the decks of slides/ as HTML and PDF, into slides/build [--out DIR]
  test [...]        run the course's own tests; what follows goes to pytest
  help              show this text

The first run makes the folder .venv and installs requirements.txt into it. Nothing else on your machine changes.
"""

import argparse
import contextlib
import csv
import errno
import hashlib
import http.client
import importlib.util
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"

# The whole file parses on Python 3.6, so that an old Python gets this line and not a SyntaxError: no `match`, no `:=`.
if sys.version_info < (3, 11):  # noqa: UP036 - for those who have no 3.11 yet
    sys.exit(
        f"workshop.py: this is Python {VERSION} ({sys.executable}); the workshop needs 3.11 or newer. "
        "Get one from https://www.python.org/downloads/ and use it by its name, such as: python3.11 workshop.py"
    )

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "workshop-stamp"  # written last: an interrupted set-up has none and is done again

START_LIMIT = 60.0  # seconds until the pet shop and Locust must answer
TURN_PORT = 49571  # held, and never listened at, by the demo that is choosing its ports
END_LIMIT = 10.0  # seconds that a program gets to end by itself


class Stop(Exception):
    """Ends the command with status 1; its one line names the culprit and the way out."""


class Unheard(Exception):
    """Ends the command, for nobody reads what it prints any more, as in `grade ... | head`."""


def say(line: str) -> None:
    """Prints a line now, so that it stands before the output of the program started next."""
    with heard():
        print(line, flush=True)


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Raises Unheard where the block's output finds no reader."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # the latter is how Windows says it
            raise
        raise Unheard from None


# What differs between the systems


if sys.platform == "win32":
    import msvcrt

    INTERRUPT = TERMINATE = signal.CTRL_BREAK_EVENT

    def own_group() -> dict[str, Any]:
        """Returns the options of Popen that keep Ctrl-C from the child: workshop.py ends it."""
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
        """Locks the file until it is closed; returns False if somebody else has it."""
        file.seek(1 << 30)  # a byte past the end: Windows would keep pip from reading a locked one
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    INTERRUPT, TERMINATE = signal.SIGINT, signal.SIGTERM

    def own_group() -> dict[str, Any]:
        """Returns the options of Popen that keep Ctrl-C from the child: workshop.py ends it."""
        return {"start_new_session": True, "preexec_fn": end_with_parent if sys.platform == "linux" else None}

    def end_with_parent() -> None:
        """Lets this process end where workshop.py was ended by kill -9 and could not do it (Linux only)."""
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
        """Locks the file until it is closed; returns False if somebody else has it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # a network folder that knows no locks: two set-ups at once are rare, none at all is worse
        return True


# Programs


@contextlib.contextmanager
def running(
    command: Sequence[object],
    cwd: Path | None = None,
    stdin: int | None = subprocess.DEVNULL,
    piped: bool = False,
    request: int = TERMINATE,
) -> Iterator[subprocess.Popen[bytes]]:
    """Gives a started program; when the block is left, in whatever way, the program and its children end.

    They are asked with the signal `request`, get END_LIMIT seconds, and are killed then.
    """
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        stdin=stdin,
        stdout=subprocess.PIPE if piped else None,
        stderr=subprocess.STDOUT if piped else None,
        **own_group(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            ask(process, request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_LIMIT)
        kill(process)
        process.wait()


def first_to_end(programs: dict[str, subprocess.Popen[bytes]]) -> tuple[str, int]:
    """Waits until one of the programs has ended and returns its name and status."""
    while True:
        for name, process in programs.items():
            status = process.poll()
            if status is not None:
                return name, status
        time.sleep(0.1)  # Popen.wait() would be deaf to Ctrl-C on Windows


def wait_until_answering(name: str, process: subprocess.Popen[bytes], url: str) -> None:
    """Returns when the URL answers 200; raises Stop if the program ends first or takes too long."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy for loopback
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Stop(f"{name} ended with status {process.returncode} before it answered; its message is above.")
        with contextlib.suppress(OSError, http.client.HTTPException), opener.open(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise Stop(f"{name} has not answered at {url} for {START_LIMIT:.0f} s. Is the machine very busy? Try again.")


def free_port(name: str, wanted: int) -> int:
    """Returns the wanted port of 127.0.0.1, or the next free one, and says so."""
    for port in range(wanted, wanted + 100):
        if is_free(port):
            if port != wanted:
                say(f"Port {wanted} is taken: {name} uses {port}.")
            return port
    raise Stop(f"{name} finds no free port from {wanted} to {wanted + 99}: end the programs that hold them.")


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """Lets one demo at a time choose its ports: until its programs listen, the next one would take them for free."""
    with socket.socket() as place:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                place.bind(("127.0.0.1", TURN_PORT))  # given back by the system however this process ends
                break
            time.sleep(0.1)
        yield


def is_free(port: int) -> bool:
    """Tells whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as client:
        client.settimeout(1)
        if client.connect_ex(("127.0.0.1", port)) == 0:  # macOS lets two programs bind 5000: *:5000 and 127.0.0.1:5000
            return False
    with socket.socket() as server:
        if os.name == "posix":  # else connections of a server that has just ended would count as taken
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# Set-up


# What the message of pip, of venv, npm, marp or of an OSError says, and the one line that the user gets for it.
WAYS_OUT = {
    r"npm (error|ERR!) (code (E?CONN\w+|ENOTFOUND|EAI_AGAIN|\w*TIMEDOUT\w*|ENOTCACHED)|network)": (
        "npm can't reach its registry. The first build of the slides needs a network, later ones don't; "
        "slides/*.md can be read as they are."
    ),
    r"No suitable browser": (
        "The HTML is built; for the PDF marp-cli needs Chromium, Chrome or Edge, and found none: "
        "apt install chromium (Debian, Ubuntu), or Chrome from https://www.google.com/chrome/."
    ),
    r"Errno 28\b|WinError 112\b|No space left on device": (
        "The disk is full. The set-up needs about 500 MB: make room and run this again."
    ),
    r"Errno (1|13|30)\b|WinError 5\b|Permission denied|Read-only file system": (
        "Writing is not permitted. Move the workshop to a folder of your own, end programs that use its .venv, "
        "and run this again."
    ),
    r"(?i)connection(error| (broken|aborted|refused|reset))|TimeoutError|ProxyError|SSLError|versions: none": (
        "pip can't reach a package index. Behind a proxy: set HTTPS_PROXY=http://HOST:PORT. Offline: run "
        "`pip download -r requirements.txt -d FOLDER` where there is a network, set PIP_NO_INDEX=1 and "
        "PIP_FIND_LINKS=FOLDER here. Then run this again."
    ),
}

# Runs in the Python of .venv: prints what is wrong with it, and nothing if all is well.
PROBE = r"""
import re, sys
from importlib import metadata

def whole(name):
    try:
        files = metadata.distribution(name).files or []
    except metadata.PackageNotFoundError:
        return False
    return all(file.locate().exists() for file in files if len(file.parts) == 2 and file.stem == "__init__")

wanted, *requirements = sys.argv[1:]
text = "".join(open(path, encoding="utf-8").read() for path in requirements)
names = re.findall(r"^(\w[\w.-]*)[^;#\n]*(?:#.*)?$", text, re.M)
missing = [name for name in ["pip", *names] if not whole(name)]
version = "%d.%d" % sys.version_info[:2]
if version != wanted:
    print(f"it holds Python {version}, this is {wanted}")
elif missing:
    print("missing or incomplete:", *missing)
"""


def way_out(message: str) -> str:
    """Returns the line that helps against the cause that the message shows, "" if it is an unknown one."""
    return next((line for pattern, line in WAYS_OUT.items() if re.search(pattern, message)), "")


def set_up() -> None:
    """Makes .venv hold what requirements.txt asks for, in plain view; returns at once where it does already."""
    if is_stamped() and not fault(packages=True):
        return
    with only_set_up():
        if VENV.exists() or VENV.is_symlink():
            finished = is_stamped()
            broken = fault(packages=finished)
            if finished and not broken:
                return  # the other workshop.py has done it
            if broken:
                say(f".venv is not usable ({broken}): it is made anew.")
                remove_venv()
        if not VENV.exists():
            make_venv()
        install()


def is_stamped() -> bool:
    """Tells whether a set-up for this Python and this requirements.txt was finished."""
    return STAMP.is_file() and STAMP.read_text(errors="replace") == stamp()


def stamp() -> str:
    """Returns what .venv depends on: the version of Python and the content of requirements.txt."""
    return f"{VERSION} {hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}\n"


def fault(packages: bool) -> str:
    """Returns what is wrong with .venv, and "" if nothing is; on demand that includes missing packages."""
    command = [str(PYTHON), "-I", "-c", PROBE, VERSION, *([str(REQUIREMENTS)] if packages else [])]
    try:
        probe = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "its Python does not start"
    if probe.returncode:
        return f"its Python does not work: {(probe.stderr.strip().splitlines() or ['no message'])[-1]}"
    return probe.stdout.strip()


@contextlib.contextmanager
def only_set_up() -> Iterator[None]:
    """Keeps a second workshop.py waiting; the system frees the lock even if this one is killed."""
    with REQUIREMENTS.open("r+b", buffering=0) as file:
        if not lock(file):
            say("Another workshop.py is setting up .venv: waiting for it ...")
            while not lock(file):
                time.sleep(0.2)
        yield


def remove_venv() -> None:
    """Removes .venv."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        raise Stop("this Python lives in .venv, which has to be made anew. Type `deactivate`, then run this again.")
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    else:
        shutil.rmtree(VENV)


def make_venv() -> None:
    """Makes an empty .venv with pip in it."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Stop(
            "this Python can't make a virtual environment (it has no ensurepip). On Debian and Ubuntu: "
            f"sudo apt install python3-venv (or python{VERSION}-venv). Then run this again."
        )
    say(f"Making .venv with Python {VERSION} ...")
    step([sys.executable, "-I", "-m", "venv", VENV])


def install() -> None:
    """Installs requirements.txt into .venv and stamps it."""
    STAMP.unlink(missing_ok=True)
    say("Installing requirements.txt into .venv; the first time this takes a minute or two ...")
    step([PYTHON, "-I", "-m", "pip", "install", "--disable-pip-version-check", "-r", REQUIREMENTS])
    missing = fault(packages=True)
    if missing:
        raise Stop(f"pip reported no error, but .venv can't be used: {missing}. Remove .venv and run this again.")
    STAMP.write_text(stamp())
    say("Set-up done.")


def step(command: Sequence[object]) -> None:
    """Runs one step of the set-up with its output in view; raises Stop with the way out if it fails."""
    heard = []
    with running(command, piped=True, request=INTERRUPT) as process:
        for line in process.stdout or ():
            heard.append(line.decode(errors="replace").rstrip())
            say(heard[-1])
        status = process.wait()
    if status:
        raise Stop(way_out("\n".join(heard)) or f"the set-up failed (status {status}); the reason is above.")


# Commands


def stages(folder: str) -> list[str]:
    """Returns the names of the stages in solutions/ or checks/starters/, in order."""
    return sorted(path.name for path in (HERE / folder).glob("[0-9][0-9]_*") if path.is_dir())


def pick(wanted: str, names: list[str]) -> str:
    """Returns the stage that `01`, `1`, its name or its folder means; raises Stop with the list if there is none."""
    folder = re.split(r"[\\/]", wanted.rstrip("\\/"))[-1]  # as completed by a shell, of Windows too
    for name in names:
        if folder.zfill(2) in (name, name.split("_")[0]):
            return name
    raise Stop(f"there is no stage {wanted!r} here; there are: {', '.join(names) or 'none'}.")


class Scene(NamedTuple):
    """How a stage is shown: the shop's options, the load, and the line that says what was to be seen."""

    users: int
    spawn_rate: float
    seen: Callable[[dict[str, dict[str, str]]], str]
    shop: tuple[str, ...] = ()
    locust: tuple[str, ...] = ()


def seen_01(rows: dict[str, dict[str, str]]) -> str:
    """Says what stage 01 shows."""
    failed = rows["Aggregated"]["Failure Count"]
    return (
        f"each user added a pet, then opened the dashboard, and thought for 1 to 3 seconds after each; {failed} failed."
    )


def seen_02(rows: dict[str, dict[str, str]]) -> str:
    """Says what stage 02 shows."""
    total = rows["Aggregated"]
    return (
        f"a shop that can do 100 requests/s did {float(total['Requests/s']):.0f}, however many users pushed; "
        f"they queued instead, {total['Median Response Time']} ms each, and {total['Failure Count']} requests failed."
    )


def seen_03(rows: dict[str, dict[str, str]]) -> str:
    """Says what stage 03 shows."""
    page = rows.get("GET /") or rows["Aggregated"]  # a run of a second may not have come to the page
    failed = 100 * int(page["Failure Count"]) / max(1, int(page["Request Count"]))
    return (
        f"about {failed:.0f} % of the dashboards failed although the shop answered each one with 200: "
        f"they took more than 3000 ms (median {page['Median Response Time']} ms)."
    )


def seen_05(rows: dict[str, dict[str, str]]) -> str:
    """Says what stage 05 shows."""
    names = ("GET /owners/[owner_id]/pets", "GET /pets/[pet_id]/visits")
    pets, visits = (rows[name]["Request Count"] if name in rows else 0 for name in names)
    return (
        f"each user was an owner from owners.csv, in turn and for life. They asked {pets} times for their own pets and "
        f"{visits} times for visits of these: two rows, however many ids; {rows['Aggregated']['Failure Count']} failed."
    )


def seen_06(rows: dict[str, dict[str, str]]) -> str:
    """Says what stage 06 shows."""
    total = rows["Aggregated"]
    return (
        "each user had the owner that the master's desk gave it, in one process that is master and worker at once: "
        f"{total['Request Count']} requests, {total['Failure Count']} failed. With --master and --worker, in terminals "
        "of their own, the same file does the same on many machines."
    )


KNOWN_CAPACITY = ("--capacity", "10", "--work-ms", "100")  # 100 requests/s
SCENES = {
    "01": Scene(10, 2, seen_01),
    "02": Scene(200, 50, seen_02, shop=KNOWN_CAPACITY),
    "03": Scene(700, 100, seen_03, shop=KNOWN_CAPACITY, locust=("--exit-code-on-error", "0")),  # failures are the show
    "05": Scene(25, 5, seen_05),
    "06": Scene(25, 5, seen_06),
}
SCRIPTS = {"04": "benchmarks/scaling.py"}  # stages that are shown by measuring something, in the terminal


def totals(folder: Path) -> dict[str, dict[str, str]]:
    """Returns the rows of Locust's statistics by method and path, the sum as "Aggregated"; up to 1 s old at the end."""
    with (folder / "locust_stats.csv").open(newline="", encoding="utf-8") as file:
        return {f"{row['Type']} {row['Name']}".strip(): row for row in csv.DictReader(file)}


def demo(words: list[str]) -> int:
    """Shows a stage: the pet shop and Locust on the reference solution; returns Locust's status."""
    parser = argparse.ArgumentParser(prog="workshop.py demo", description=demo.__doc__, allow_abbrev=False)
    parser.add_argument("stage", nargs="?", default="01", help="the stage's number (default: 01)")
    parser.add_argument("--headless", action="store_true", help="no web page: run, print the table, end")
    parser.add_argument("--run-time", type=run_time, metavar="TIME", help="20, 20s, 3m, 1h20m (headless: 10s)")
    parser.add_argument("--users", type=user_count, metavar="N", help="default: what shows the stage best")
    parser.add_argument("--spawn-rate", type=spawn_rate, metavar="N", help="users a second")
    options = parser.parse_args(words)
    stage = pick(options.stage, stages("solutions"))
    if stage[:2] in SCRIPTS:
        set_up()
        command = [PYTHON, HERE / SCRIPTS[stage[:2]], "--quick", "--run-time", options.run_time or "20s"]
        with running(command, cwd=HERE, request=INTERRUPT) as script:
            return first_to_end({"the measurement": script})[1]
    scene = SCENES[stage[:2]]
    options.users, options.spawn_rate = options.users or scene.users, options.spawn_rate or scene.spawn_rate
    set_up()
    with tempfile.TemporaryDirectory(prefix="workshop-", ignore_cleanup_errors=True) as folder:
        status = run_demo(stage, scene, options, Path(folder))
        if options.headless and status == 0:
            say(f"\nWhat you saw: {scene.seen(totals(Path(folder)))}")
        return status


def run_demo(stage: str, scene: Scene, options: argparse.Namespace, folder: Path) -> int:
    """Runs the pet shop and Locust until Locust has ended; raises Stop if one of them crashes."""
    with contextlib.ExitStack() as programs:
        with turn():
            shop_url, shop = programs.enter_context(pet_shop(scene, folder))
            web_url, locust = programs.enter_context(swarm(stage, scene, options, folder, shop_url))
        if not options.headless:
            say(f"\n  The pet shop   {shop_url}\n  Locust         {web_url}\n\nCtrl-C ends both.\n")
        ended, status = first_to_end({"the pet shop": shop, "Locust": locust})
    if options.headless and ended == "Locust" and status >= 0:
        return status
    raise Stop(f"{ended} ended unexpectedly with status {status}; its message is above.")


Started = tuple[str, "subprocess.Popen[bytes]"]  # an address, and the program that answers there


@contextlib.contextmanager
def pet_shop(scene: Scene, folder: Path) -> Iterator[Started]:
    """Gives a pet shop that answers, on a database in `folder`."""
    port = free_port("the pet shop", 5000)
    url = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "petshop_app", "--port", port, "--database", folder / "pets.sqlite3", *scene.shop]
    with running(command, cwd=HERE) as process:
        wait_until_answering("the pet shop", process, f"{url}/health")
        yield url, process


@contextlib.contextmanager
def swarm(stage: str, scene: Scene, options: argparse.Namespace, folder: Path, shop_url: str) -> Iterator[Started]:
    """Gives Locust on the stage's solution, its web page answering if it has one; statistics go to `folder`."""
    port = 0 if options.headless else free_port("Locust", 8089)
    url = f"http://127.0.0.1:{port}"
    command = [
        *(PYTHON, "-m", "locust", "-f", "locustfile.py", "--host", shop_url, "--csv", folder / "locust"),
        *(*load(options, port), *scene.locust),
    ]
    with running(command, cwd=HERE / "solutions" / stage) as process:
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


def run_time(text: str) -> str:
    """Accepts the run times that Locust does, but for 0, which would end at once."""
    if not re.fullmatch(r"\d+|(?=\d)(\d+h)?(\d+m)?(\d+s)?", text) or not re.search(r"[1-9]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a run time: write 20, 20s, 3m or 1h20m")
    return text


def user_count(text: str) -> int:
    """Accepts whole numbers from 1."""
    if not re.fullmatch(r"\d+", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of users: write a whole number from 1")
    return int(text)


def spawn_rate(text: str) -> float:
    """Accepts numbers above 0: users a second."""
    if not re.fullmatch(r"\d+(\.\d+)?|\.\d+", text) or float(text) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a spawn rate: write a number above 0, such as 2 or 0.5")
    return float(text)


def pytest(*words: str | Path) -> int:
    """Runs pytest in .venv with the terminal as its own; returns its status."""
    set_up()
    command = [PYTHON, "-m", "pytest", "-c", HERE / "pyproject.toml", *words]
    with running(command, stdin=None, request=INTERRUPT) as process:  # after SIGINT pytest still tears fixtures down
        return first_to_end({"pytest": process})[1]


def check(words: list[str]) -> int:
    """Grades exercises/, or one stage of it where the first word names one; further words go to pytest."""
    if words and not words[0].startswith("-"):
        words = ["-k", pick(words[0], stages("checks/starters")), *words[1:]]
    os.environ["PYTHONSAFEPATH"] = "1"  # else a pytest.py would run that lies where the user stands
    return pytest(HERE / "checks", *words)


def test(words: list[str]) -> int:
    """Runs the course's own tests on all cores; what the user typed goes to pytest."""
    return pytest(HERE / "tests", "-n", "auto", "--dist", "loadgroup", *words)


def reset(words: list[str]) -> int:
    """Puts the starter of a stage back; the learner's files stay beside it as NAME.bak."""
    parser = argparse.ArgumentParser(prog="workshop.py reset", description=reset.__doc__, allow_abbrev=False)
    parser.add_argument("stage", help="the stage's number, such as 01")
    stage = pick(parser.parse_args(words).stage, stages("checks/starters"))
    starter = HERE / "checks" / "starters" / stage
    sources = [path for path in sorted(starter.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    changed = [
        source for source in sources if put_back(source, HERE / "exercises" / stage / source.relative_to(starter))
    ]
    if not changed:
        say(f"exercises/{stage} is the starter already: nothing changed.")
    others = not_of_starter(HERE / "exercises" / stage, starter)
    if others:
        say(f"Also in exercises/{stage}, and graded with it: {', '.join(others)}. Delete what you want to be without.")
    return 0


def not_of_starter(folder: Path, starter: Path) -> list[str]:
    """Returns the learner's own files that a grader takes along, relative to the stage's folder."""
    kinds = (".py", ".csv", ".json", ".conf", ".toml")
    own = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.suffix in kinds and path.is_file()]
    return [path.as_posix() for path in own if not (starter / path).exists()]


def put_back(source: Path, target: Path) -> bool:
    """Copies a starter's file over the learner's, which is kept; returns False if they are the same."""
    if target.is_file() and target.read_bytes() == source.read_bytes():
        return False
    shown = target.relative_to(HERE).as_posix()
    if os.path.lexists(target):
        backup = free_name(target)
        target.replace(backup)
        say(f"{shown}: the starter is back; yours is kept as {backup.name}")
    else:
        say(f"{shown}: the starter is back")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return True


def free_name(path: Path) -> Path:
    """Returns NAME.bak, or NAME.1.bak and so on: one that no earlier reset has taken."""
    backup, number = path.with_name(f"{path.name}.bak"), 0
    while os.path.lexists(backup):
        number += 1
        backup = path.with_name(f"{path.name}.{number}.bak")
    return backup


def grade(words: list[str]) -> int:
    """Grades submissions of others, each in a process of its own, and goes on where an earlier call was interrupted."""
    parser = argparse.ArgumentParser(prog="workshop.py grade", description=grade.__doc__, allow_abbrev=False)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder, a locustfile, or an archive")
    parser.add_argument("--task", help="one stage only: its number, or jsonplaceholder")
    parser.add_argument("--jobs", type=job_count, default=1, metavar="N", help="so many at once; default: 1")
    parser.add_argument("--out", type=Path, default=Path("report"), metavar="DIR", help="default: report")
    parser.add_argument("--practice", action="store_true", help="not isolated: only for code that you trust")
    parser.add_argument("--seed", type=seed, metavar="N", help="the same numbers for all; default: by chance")
    parser.add_argument("--again", action="store_true", help="grade anew what has a report already")
    options = parser.parse_args(words)
    missing = [str(path) for path in options.paths if is_missing(path)]
    if missing:
        raise Stop(f"there is no {', '.join(missing)}: nothing was graded.")
    tasks = stages("solutions") + [path.name for path in HERE.glob("jsonplaceholder_task")]
    chosen = ["--stage", pick(options.task, tasks)] if options.task else []
    set_up()
    command = [
        *(PYTHON, "-m", "checks.lab.batch", "--out", options.out.resolve(), "--jobs", options.jobs, *chosen),
        *("--mode", "practice" if options.practice else isolation()),
        *([] if options.seed is None else ["--seed", options.seed]),
        *(["--again"] if options.again else []),
        *("--here", Path.cwd(), "--", *(path.absolute() for path in options.paths)),
    ]
    with running(command, cwd=HERE, request=INTERRUPT) as process:  # it ends its gradings, and says how far it came
        return first_to_end({"the round": process})[1]


def is_missing(path: Path) -> bool:
    """Tells whether there is nothing at a path. Where nobody may look, or a link leads nowhere, the round says so."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def isolation() -> str:
    """Returns how strangers' code is graded here; raises Stop where it can't be isolated."""
    if not (HERE / "checks" / "lab" / "exam.py").is_file():
        return "practice"
    command = [str(PYTHON), "-m", "checks.lab.exam", "--probe"]
    probe = subprocess.run(command, cwd=HERE, capture_output=True, text=True, errors="replace", check=False)
    if probe.returncode:
        reason = (probe.stdout.strip() or probe.stderr.strip() or "exam mode can't be had here").splitlines()[-1]
        raise Stop(f"{reason}; or grade with --practice: not isolated.")
    return "exam"


def job_count(text: str) -> int:
    """Accepts whole numbers from 1 to 64."""
    if not re.fullmatch(r"[1-9]\d?", text) or int(text) > 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs: write a whole number from 1 to 64")
    return int(text)


def seed(text: str) -> int:
    """Accepts whole numbers from 0: the seeds that reports show."""
    if not re.fullmatch(r"\d{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed: write the number that a report shows")
    return int(text)


SLIDES = HERE / "slides"
MARP = SLIDES / "node_modules" / "@marp-team" / "marp-cli" / "marp-cli.js"


def slides(words: list[str]) -> int:
    """Builds the decks of slides/ as HTML and PDF, with marp-cli from npm and the system's browser."""
    parser = argparse.ArgumentParser(prog="workshop.py slides", description=slides.__doc__, allow_abbrev=False)
    parser.add_argument("--out", type=Path, default=SLIDES / "build", metavar="DIR", help="default: slides/build")
    out = parser.parse_args(words).out.resolve()
    node = marp_set_up()
    with tempfile.TemporaryDirectory(prefix="workshop-") as folder:
        for file in SLIDES.glob("*.md"):
            if file.read_text(encoding="utf-8").startswith("---\nmarp: true\n"):  # a deck, not a text about decks
                shutil.copy(file, folder)
        build = [node, MARP, "--config-file", SLIDES / "marp.config.mjs", "--input-dir", folder, "--output", out]
        say("Building the HTML ...")
        marp(build)
        say("Building the PDF ...")
        marp([*build, "--pdf", "--pdf-outlines"])
    say(f"The slides are in {out}; in the HTML, the key p opens the speaker's notes.")
    return 0


def marp_set_up() -> str:
    """Installs what slides/package-lock.json pins, once, and returns the path of node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    if not node or not npm or int((re.findall(r"\d+", asked) or ["0"])[0]) < 18:
        raise Stop(
            "the slides are built by marp-cli, which needs Node.js 18 or newer with npm: apt install nodejs npm "
            "(Debian, Ubuntu), brew install node (macOS) or https://nodejs.org; slides/*.md can be read as they are."
        )
    done = SLIDES / "node_modules" / "workshop-stamp"  # written last, as that of .venv
    pinned = hashlib.sha256((SLIDES / "package-lock.json").read_bytes()).hexdigest()
    if not done.is_file() or done.read_text() != pinned:
        say("Installing marp-cli into slides/node_modules ...")
        step([npm, "ci", "--prefix", SLIDES, "--ignore-scripts", "--no-audit", "--no-fund"])
        done.write_text(pinned)
    return node


def marp(command: Sequence[object]) -> None:
    """Runs marp-cli; raises Stop if it fails, below all that it said unless the way out is known."""
    with running(command, piped=True) as process:
        heard = process.communicate()[0].decode(errors="replace")
    if process.returncode:
        known = way_out(heard)
        if not known:
            say(heard)
        raise Stop(known or f"marp-cli failed (status {process.returncode}); its message is above.")


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": demo,
    "check": check,
    "reset": reset,
    "grade": grade,
    "slides": slides,
    "test": test,
}


def end_on_signal(number: int, _frame: object) -> None:
    """Ends workshop.py with the shell's status for this signal; further ones can't disturb the tidying up."""
    catch_signals(signal.SIG_IGN)
    sys.exit(128 + number)


def catch_signals(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    """Sets what the signals that end a program do; a signal that nohup ignores stays ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, handler)


def main(words: list[str]) -> int:
    """Runs a command and returns the exit status: its own, 1 after a Stop, 2 for a wrong command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console that can't show a letter is no reason to end
    if not words or words[0] in ("help", "-h", "--help"):
        say(str(__doc__).rstrip())
        return 0
    if words[0] not in COMMANDS:
        print(
            f"workshop.py: there is no command {words[0]!r}; there are: {', '.join(COMMANDS)}, help.", file=sys.stderr
        )
        return 2
    catch_signals(end_on_signal)
    try:
        return COMMANDS[words[0]](words[1:])
    except Stop as stop:
        print(f"workshop.py: {stop}", file=sys.stderr)
    except OSError as error:
        print(f"workshop.py: {error}. {way_out(str(error))}".rstrip(), file=sys.stderr)
    return 1


def main_unless_unheard(words: list[str]) -> int:
    """Runs main; ends it without a word, with the shell's status for that, where nobody reads its output any more."""
    try:
        try:
            return main(words)
        finally:
            with heard():
                sys.stdout.flush()  # argparse leaves that to the end of Python, which would complain
    except Unheard:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main_unless_unheard(sys.argv[1:]))
