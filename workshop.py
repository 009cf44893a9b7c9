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

The first run makes the folder .venv and installs requirements.txt into it; `test` adds tests/requirements.txt. Nothing
else on your machine changes.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"

# Python 3.6 can parse the whole file, so that an old Python gets this line and not a SyntaxError: no `match`, no `:=`.
if sys.version_info < (3, 11):  # noqa: UP036 - for users without 3.11
    sys.exit(
        f"workshop.py: this is Python {VERSION} ({sys.executable}); the workshop needs 3.11 or newer. "
        "Get one from https://www.python.org/downloads/ and use it by its name, such as: python3.11 workshop.py"
    )

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "workshop-stamp"  # written last: an interrupted set-up has none and is done again

sys.path.insert(0, str(HERE))  # where the course is; with -I or -P Python does not look there

from course import ending, signals  # noqa: E402
from course.ending import Stop, say, status_of  # noqa: E402
from course.programs import step  # noqa: E402
from course.system import lock  # noqa: E402

# Output of pip or venv, and the one line that the user gets for it.
WAYS_OUT = {
    **ending.WAYS_OUT,
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


def set_up(wanted: Sequence[Path] = (REQUIREMENTS,)) -> None:
    """Makes .venv hold what the wanted requirements files ask for, in plain view; returns at once where it does."""
    if not missing(wanted) and not fault(wanted):
        return
    with only_set_up():
        if VENV.exists() or VENV.is_symlink():
            installed = [file for file in wanted if not missing([file])]
            broken = fault(installed)
            if not broken and not missing(wanted):
                return  # the other workshop.py has done it
            if broken:
                say(f".venv is not usable ({broken}): it is made anew.")
                remove_venv()
        if not VENV.exists():
            make_venv()
        install(wanted)


def missing(wanted: Sequence[Path]) -> list[Path]:
    """Returns those of the wanted requirements files, as they are now, that no finished set-up has installed."""
    done = stamped()
    return [file for file in wanted if done.get(name(file)) != digest(file)]


def stamped() -> dict[str, str]:
    """Returns the requirements files that .venv holds, each with the digest that it had."""
    lines = STAMP.read_text(errors="replace").splitlines() if STAMP.is_file() else []
    return dict(line.split(maxsplit=1) for line in lines if " " in line)


def name(file: Path) -> str:
    """Returns what a requirements file is called, seen from the top folder."""
    return file.relative_to(HERE).as_posix()


def digest(file: Path) -> str:
    """Returns what changes with a file and with the version of Python."""
    return f"{hashlib.sha256(file.read_bytes()).hexdigest()} {VERSION}"


def fault(installed: Sequence[Path]) -> str:
    """Returns what is wrong with .venv, and "" if nothing is: packages too that these requirements files name."""
    command = [str(PYTHON), "-I", "-c", PROBE, VERSION, *map(str, installed)]
    try:
        probe = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "its Python does not start"
    if probe.returncode:
        return f"its Python does not work: {(probe.stderr.strip().splitlines() or ['no message'])[-1]}"
    return probe.stdout.strip()


@contextlib.contextmanager
def only_set_up() -> Iterator[None]:
    """Makes a second workshop.py wait; the system frees the lock even if this one is killed."""
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
    step([sys.executable, "-I", "-m", "venv", VENV], WAYS_OUT)


def install(wanted: Sequence[Path]) -> None:
    """Installs what requirements files ask for into .venv, and stamps them."""
    done = {**stamped(), **{name(file): digest(file) for file in wanted}}
    STAMP.unlink(missing_ok=True)
    say(f"Installing {' and '.join(map(name, wanted))} into .venv; the first time this takes a minute or two ...")
    fetch([word for file in wanted for word in ("-r", file)])
    broken = fault(wanted)
    if broken:
        raise Stop(f"pip reported no error, but .venv can't be used: {broken}. Remove .venv and run this again.")
    STAMP.write_text("".join(f"{file} {content}\n" for file, content in done.items()))
    say("Set-up done.")


def fetch(files: Sequence[object]) -> None:
    """Lets uv install them where it is on the machine, since it takes a fraction of the time; else pip."""
    uv = shutil.which("uv")
    if uv:
        try:
            return step([uv, "pip", "install", "--python", PYTHON, *files], WAYS_OUT)
        except Stop:
            say("uv could not install them; now pip tries.")  # it reads none of pip's settings, such as an index
    return step([PYTHON, "-I", "-m", "pip", "install", "--disable-pip-version-check", *files], WAYS_OUT)


def main(words: list[str]) -> int:
    """Runs a command and returns the exit status: its own, or 2 for a wrong command line."""
    if not words or words[0] in ("help", "-h", "--help"):
        say(str(__doc__).rstrip())
        return 0
    signals.catch()
    from course.commands import named  # here, since .ci/Dockerfile runs the set-up before it has the rest of the course

    job = named(words[0])(words[1:])  # ends here for a wrong command line, before any set-up
    if not job.requirements:
        return job.work()
    set_up(job.requirements)
    return hand_over(words)


def hand_over(words: list[str]) -> int:
    """Makes .venv's Python run the command; on systems that can do that, it replaces this process."""
    command = [str(PYTHON), "-P", str(HERE / "course" / "__main__.py"), *words]
    if os.name == "posix":
        signals.hold()
        os.execv(command[0], command)  # noqa: S606 - no shell is the point
    signals.ignore()  # the console sends Ctrl-C to both processes, and the other one ends what it has started
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(status_of(lambda: main(sys.argv[1:])))
