"""The system as a cell sees it, put together once for all cells of a grader.

That is Python and its standard library, the packages beside it, and the shared libraries that Python and Locust load.
There is no other program: an empty file hides each one that a package contains. The libraries are copies, 40 MB in
all, since the folders from which they come hold hundreds of programs.
"""

import contextlib
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

# Libraries that the C library loads only when it needs them: when a thread ends, or to look up a name.
LATE = ("libgcc_s.so.1", "libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
TRACED = re.compile(r"(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
MODULE = re.compile(r"^([^,\n]+\.so\b[^,\n]*),", re.MULTILINE)
REQUIREMENT = re.compile(r"[\w.-]+")
OTHERS = ("site-packages", "dist-packages")  # in the standard library: the system's packages, which no cell imports
DATA = (Path("/usr/share/zoneinfo"), Path("/usr/lib/locale"))
PLAIN_PLACE = "/dev/shm"  # noqa: S108 - exam mode has mounted a private folder over it
ELF = b"\x7fELF"
PLAIN = (".py", ".pyc", ".pyi", ".pyx", ".pxd", ".h", ".js", ".ts", ".json", ".txt", ".html", ".css", ".svg", ".png")

Bind = Callable[[Path, Path], None]


def lay_out(view: Path, environment: Path, bind: Bind) -> None:
    """Fill the folder `view` with the system that a cell sees; its virtual environment will be at `environment`."""
    program = Path(sys.executable).resolve()
    packages, standard = (Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "stdlib"))
    own = _environment(view, environment, program)
    shown = {packages: own, **{path: path for path in (program, standard, *DATA)}}
    for source, place in shown.items():
        if source.exists():
            bind(source, made(view, place))
    for library in _libraries(packages, standard):
        copy = made(view, library.parent.resolve() / library.name)
        shutil.copyfile(library, copy)
        copy.chmod(0o755)  # some C libraries load only executable files
    nothing, empty = (made(view, environment / name) for name in ("nothing", "empty"))
    nothing.touch()
    empty.mkdir()
    for source, place in ((packages, own), (standard, standard)):
        for found in _programs(source):
            bind(nothing, made(view, place / found.relative_to(source)))
    for name in OTHERS:
        if (standard / name).is_dir():
            bind(empty, made(view, standard / name))


def made(view: Path, place: Path) -> Path:
    """Return the path of one of the cell's places in its view; this creates the folders above it."""
    path = view / place.relative_to("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _environment(view: Path, environment: Path, program: Path) -> Path:
    """Make a virtual environment like ours, but without its programs; return the path of its packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    made(view, environment / "bin" / "python").symlink_to(program)
    settings = f"home = {program.parent}\ninclude-system-site-packages = false\n"
    made(view, environment / "pyvenv.cfg").write_text(settings)
    return environment / "lib" / version / "site-packages"


# --- libraries


def _libraries(packages: Path, standard: Path) -> list[Path]:
    """Return the shared libraries that Python and Locust load from elsewhere, as the system's own loader finds them."""
    with tempfile.TemporaryDirectory(dir=PLAIN_PLACE) as folder:  # to the loader, a blank ends a path
        own, system = Path(folder, "packages"), Path(folder, "standard")
        own.symlink_to(packages)
        system.symlink_to(standard)
        modules = [file for file in (system / "lib-dynload").glob("*.so") if "tkinter" not in file.name]
        modules += [own / name for name in _modules("locust")]
        traced = subprocess.run(
            [sys.executable],  # it does not run: the loader only lists what it would load
            env={"LD_TRACE_LOADED_OBJECTS": "1", "LD_PRELOAD": ":".join([*map(str, modules), *LATE])},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        found = map(Path, TRACED.findall(traced.stdout))
        return [path for path in found if not any(map(path.resolve().is_relative_to, (packages, standard)))]


def _modules(package: str) -> Iterator[str]:
    """Yield the compiled modules of a package and of all that it needs, relative to the folder of packages."""
    names = [package]
    for name in names:  # the list grows meanwhile
        with contextlib.suppress(metadata.PackageNotFoundError):  # needed only on other systems or for an extra
            distribution = metadata.distribution(name)
            needed = [found[0] for each in distribution.requires or () if (found := REQUIREMENT.match(each))]
            names += [one for one in needed if one not in names]
            yield from MODULE.findall(distribution.read_text("RECORD") or "")


# --- programs


def _programs(folder: Path) -> Iterator[Path]:
    """Yield the programs in a folder; not its scripts, since the cell has no interpreter except Python."""
    for file in _entries(folder):
        if file.name.endswith(PLAIN) or ".so" in file.name or file.is_symlink():
            continue
        if file.stat().st_mode & stat.S_IXUSR:
            with Path(file.path).open("rb") as content:
                if content.read(len(ELF)) == ELF:
                    yield Path(file.path)


def _begins_with(file: Path, beginning: bytes) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(beginning)) == beginning


def _entries(folder: Path) -> "Iterator[os.DirEntry[str]]":
    """Yield the files in a folder, however deep. pathlib would take a second for the tens of thousands in packages."""
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name in OTHERS:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    yield entry
