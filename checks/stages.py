"""The stages of the course: what each one consists of. Code that has to know something about a stage reads it here.

To add a stage, add its exercise folder, its solution folder, its check with hints and starter, and its row.
"""

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXERCISES, SOLUTIONS = ROOT / "exercises", ROOT / "solutions"
STARTERS, HINTS = ROOT / "checks" / "starters", ROOT / "checks" / "hints"
TAKE_HOME = "jsonplaceholder_task"
TAKEN_ALONG = frozenset({".py", ".csv", ".json"})  # the kinds of files that take part in any stage: code and data
KNOWN_CAPACITY = ("--capacity", "10", "--work-ms", "100")  # 100 requests/s


@dataclass(frozen=True)
class Demo:
    """How `workshop.py demo` shows a stage: the load, and the options of shop and Locust.

    A `script` shows it in the terminal instead, by measuring something; its path is relative to the course's folder.
    """

    users: int = 10
    spawn_rate: float = 2  # users a second
    shop: tuple[str, ...] = ()
    locust: tuple[str, ...] = ()
    script: str = ""


@dataclass(frozen=True)
class Stage:
    """A stage, named like its folders and its check, and everything in which it differs from a plain one."""

    name: str
    locustfile: str = "locustfile.py"
    inner: str = ""  # the folder to hand in, inside the stage's own folder; empty: the stage's own folder
    taken: tuple[str, ...] = ()  # the names of further files that take part, in addition to Python and data files
    judged: tuple[str, ...] = ("locustfile.py",)  # the solution's files: most changes to one must make the verdict fail
    port: int = 5000  # of 127.0.0.1, where the brief says that the target listens
    is_apart: bool = False  # it is handed out alone, so its folder lies beside exercises/ and it follows no stage
    runs: int = 1  # of Locust, one after the other, that a verdict may take
    demo: Demo = field(default=Demo())

    @property
    def number(self) -> str:
        """The number that its name begins with; empty for a task without one."""
        number = self.name.partition("_")[0]
        return number if number.isdecimal() else ""

    @property
    def called(self) -> str:
        """What it is called in a sentence."""
        return f"stage {self.number}" if self.number else "the take-home"

    @property
    def exercise(self) -> Path:
        """The folder in which learners work on it."""
        return (ROOT if self.is_apart else EXERCISES) / self.name

    @property
    def solution(self) -> Path:
        """The folder of the reference solution."""
        return SOLUTIONS / self.name

    @property
    def starter(self) -> Path:
        """The folder of the files as handed out, at the place that the answer has in the stage's folder."""
        return STARTERS / self.name / self.inner


_ROWS = (
    Stage("01_sequential_flows"),
    Stage(
        "02_stress_test",
        taken=("findings.toml",),
        judged=("locustfile.py", "findings.toml"),
        runs=3,
        demo=Demo(200, 50, shop=KNOWN_CAPACITY),
    ),
    Stage(
        "03_slo_failures",
        demo=Demo(700, 100, shop=KNOWN_CAPACITY, locust=("--exit-code-on-error", "0")),  # failures are what it shows
    ),
    Stage(
        "04_master_worker",
        taken=("master.conf", "worker.conf"),
        judged=("master.conf", "worker.conf"),  # not the locustfile: the stage is about processes, not users
        runs=3,
        demo=Demo(script="benchmarks/scaling.py"),
    ),
    Stage("05_round_robin_data", runs=4, demo=Demo(25, 5)),
    # What the reference promises beyond the brief is tested on the reference: tests/distribution.
    Stage("06_distributed_data", runs=8, demo=Demo(25, 5)),
    Stage(
        TAKE_HOME,
        locustfile="demo_locustfile.py",
        inner="simulations",
        judged=("simulations/demo_locustfile.py",),
        port=5050,
        is_apart=True,
        runs=5,
    ),
)
STAGES = {row.name: row for row in _ROWS}


def named(name: str) -> Stage:
    """Return the stage with this name; a stage without a row is a plain one."""
    return STAGES.get(name) or Stage(name)


def after(name: str) -> Stage | None:
    """Return the stage that learners go on to from this one; None after the last."""
    return next((stage for stage in STAGES.values() if name < stage.name and not stage.is_apart), None)
