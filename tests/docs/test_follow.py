"""A new learner: follows the front page and the stages' texts word for word in a fresh copy, from start to "passed"."""

import re
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.reader import Document, WebPage, insert_above, insert_below, replace
from tests.docs.terminal import Terminal, terminals
from tests.launcher.clone import Clone, tracked_files, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="types into a pseudo-terminal")
SHOP, LOCUST, READY = r"Pet shop on http://127\.0\.0\.1:5000", "Starting web interface", "ready> "
LOOK = 6  # seconds to watch a running test; the text says a minute where a person needs that long


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A fresh copy, set up by the first command of the front page."""
    clone = Clone(tmp_path_factory.mktemp("docs"), tracked_files())
    page = Document(clone.path / "README.md")
    words = page.take("bash", "workshop.py demo").splitlines()[0].split("#")[0].split()
    assert words == ["python3", "workshop.py", "demo"]
    with clone.started(*words[2:]) as run:
        run.said("Ctrl-C ends both.", 600)  # including the set-up
    return clone


class Stage:
    """A stage as its learner sees it: the text, the folder, and terminals with the environment switched on."""

    def __init__(self, clone: Clone, name: str, consoles: list[Terminal]) -> None:
        self.folder = clone.path / "exercises" / name
        self.name = name
        self.file = self.folder / "locustfile.py"
        self.text = Document(self.folder / "README.md")
        self.consoles = consoles
        for console in consoles:
            console.run("source .venv/bin/activate")

    def passes(self) -> None:
        """Follow "Check yourself": the stage passes with all its points."""
        shown = self.consoles[-1].run(
            f"cd {quoted(self.folder.parents[1])}\n" + self.text.take("bash", "pytest checks/")
        )
        told = re.search(r"\*\*You know that it worked when\*\* `.*` says `(.*)`", self.text.prose)
        assert told
        assert told[1] in shown


def quoted(path: Path) -> str:
    return f"'{path}'"


@pytest.fixture
def ports() -> None:
    """Wait until the ports that the texts name are free; skip the test if another program keeps them."""

    def are_free() -> bool:
        return all(is_free(port) for port in (5000, 8089, 5557))

    try:
        wait_for(are_free, "ports 5000, 8089 and 5557 free", 300)
    except AssertionError as taken:
        pytest.skip(str(taken))


def is_free(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def stage(request: pytest.FixtureRequest, clone: Clone, ports: None) -> Iterator[Stage]:
    name, count = request.param
    environment = {key: value for key, value in clone.environment.items() if key != "VIRTUAL_ENV"}
    with terminals(clone.path, environment, count) as consoles:
        yield Stage(clone, name, consoles)
    for database in clone.path.glob("petshop_app/*.sqlite3*"):
        database.unlink()


@pytest.mark.parametrize("stage", [("01_sequential_flows", 2)], indirect=True)
def test_stage_01(stage: Stage) -> None:
    text, (shop, locust) = stage.text, stage.consoles
    text.take("bash", "source .venv/bin/activate")
    shop.start(text.take("bash", "python app.py"), SHOP)
    insert_above(stage.file, "    @task\n    def open_dashboard", text.take("python", "def add_pet"))
    insert_above(stage.file, "    tasks = [", text.take("python", "wait_time = between(1, 3)").rstrip())
    locust.start(text.take("bash", "python locustfile.py"), r"(?s)POST.*/pets.*GET")
    locust.interrupt()
    assert text.take("python", "run_single_user") in stage.file.read_text()
    locust.start(text.take("bash", "locust"), LOCUST)
    rows = WebPage().watch(10, 2, LOOK)
    assert rows.keys() == {"POST /pets", "GET /", "Aggregated"}
    assert rows["Aggregated"]["num_failures"] == 0
    locust.interrupt()
    stage.passes()
    text.end()


@pytest.mark.parametrize("stage", [("02_stress_test", 2)], indirect=True)
def test_stage_02(stage: Stage) -> None:
    text, (shop, locust) = stage.text, stage.consoles
    replace(stage.file, "    wait_time = between(1, 3)\n", text.take("python", "constant(0)"))
    replace(stage.file, "between", "constant")
    shop.start(text.take("bash", "--capacity 10"), SHOP)
    locust.start(text.take("bash", "cd exercises/02_stress_test\nlocust"), LOCUST)
    total = WebPage().watch(200, 50, LOOK)["Aggregated"]
    assert total["num_failures"] == 0
    shop.interrupt()
    mystery = text.take("bash", "--mystery")
    shop.start(mystery, SHOP)
    seconds = WebPage().watch(1, 1, 2 * LOOK)["Aggregated"]["median_response_time"] / 1000
    shop.interrupt()
    shop.start(mystery, SHOP)
    rate = WebPage().watch(50, 50, 3 * LOOK)["Aggregated"]["current_rps"]
    found = text.take("toml", "max_throughput_rps").replace("12.3", f"{rate:.1f}")
    stage.folder.joinpath("findings.toml").write_text(
        found.replace("users_at_saturation = 4", f"users_at_saturation = {max(1, round(rate * seconds))}")
    )
    locust.interrupt()
    shop.interrupt()
    stage.passes()
    text.end()


@pytest.mark.parametrize("stage", [("03_slo_failures", 2)], indirect=True)
def test_stage_03(stage: Stage, clone: Clone) -> None:
    text, (shop, locust) = stage.text, stage.consoles
    insert_above(stage.file, "\n\nclass AddPetThenOpenDashboard", "\n" + text.take("python", "RESPONSE_TIME").rstrip())
    replace(stage.file, "    wait_time = constant(0)\n", text.take("python", "between(1, 3)"))
    replace(stage.file, "constant", "between")
    replace(stage.file, '        self.client.get("/")\n', text.take("python", "catch_response=True"))
    replace(stage.file, "from random import randint", "import time\nfrom random import randint")
    insert_above(stage.file, "\n\nclass PetShopUser", text.take("python", "response.failure").rstrip())
    assert "`cd petshop_app`, `python app.py`" in text.prose
    shop.start("cd petshop_app\npython app.py", SHOP)
    locust.start(text.take("bash", "python locustfile.py"), r"(?s)POST.*/pets.*GET")
    locust.interrupt()
    shop.interrupt()
    slow = text.take("bash", "--capacity 10")
    shop.start(slow, SHOP)
    locust.start(text.take("bash", "locust --headless -u 500"), r"(?s)Error report.*ready> $", 120)
    assert re.search(r"GET / +\d+ .*over the limit of 3000 ms|GET /: .*over the limit of 3000 ms", locust.shown)
    stage.passes()
    gate = (clone.path / "solutions" / stage.name / "ci_gate.py").read_text()
    assert text.take("python", "judge_the_run") in gate
    stage.folder.joinpath("ci_gate.py").write_text(gate)
    command = text.take("bash", "ci_gate.py")
    assert "dashboards failed" in locust.run(f"cd {quoted(stage.folder)}\n{command}")
    stage.folder.joinpath("ci_gate.py").unlink()
    shop.interrupt()
    text.end()


@pytest.mark.parametrize("stage", [("04_master_worker", 4)], indirect=True)
def test_stage_04(stage: Stage, clone: Clone) -> None:
    text, (shop, master, *workers) = stage.text, stage.consoles
    text.take("bash", "source .venv/bin/activate")
    shop.start(text.take("bash", "--capacity 8"), SHOP)
    master.start(text.take("bash", "locust --master"), LOCUST)
    workers[0].start(text.take("bash", "locust --worker"), "Starting Locust")
    wait_for(lambda: WebPage().workers() == 1, "the worker")
    workers[0].interrupt()
    master.interrupt()
    assert "1 workers connected" in master.shown
    example = text.take("ini", "only-summary = true")
    assert "master = true" not in example
    stage.folder.joinpath("master.conf").write_text("master = true\nusers = 5000\nspawn-rate = 100\n")
    stage.folder.joinpath("worker.conf").write_text("worker = true\n")
    master.start(text.take("bash", "locust --config master.conf"), LOCUST)
    worker = text.take("bash", "locust --config worker.conf")
    workers[0].start(worker, "Starting Locust")
    assert text.take("python", "class PetShopUser") in stage.file.read_text()
    wait_for(lambda: WebPage().workers() == 1, "the worker")
    one = WebPage().watch(400, 100, LOOK)["Aggregated"]["current_rps"]
    workers[1].start(f"cd exercises/{stage.name}\n{worker}", "Starting Locust")
    wait_for(lambda: WebPage().workers() == 2, "the second worker")
    two = WebPage().watch(400, 100, LOOK)["Aggregated"]["current_rps"]
    assert max(one, two) < 1.2 * 160
    for console in (master, *workers, shop):
        console.interrupt()
    assert "`kill -9`" in text.prose
    demo = text.take("bash", "workshop.py demo 04")
    assert "workshop.py: " not in shop.run(f"cd {quoted(clone.path)}\n{demo}")
    stage.passes()
    text.end()


@pytest.mark.parametrize("stage", [("05_round_robin_data", 2)], indirect=True)
def test_stage_05(stage: Stage, clone: Clone) -> None:
    text, (shop, locust) = stage.text, stage.consoles
    shop.start(text.take("bash", "python app.py"), SHOP)
    ask = text.take("bash", "curl http://127.0.0.1:5000/owners/407/pets")
    if shutil.which("curl"):  # the text offers the browser, too
        shown = locust.run(ask)
        assert "Coco" in shown
        assert "Gizmo" in shown
    for words in ("csv.DictReader(file)", "itertools.cycle(ids)", 'encoding="utf-8"', "Path(__file__).with_name"):
        assert words in text.prose  # what READS_OWNERS is made of
    starter = stage.file.read_text()
    user = starter[starter.index("class PetShopUser") : starter.index("if __name__")]
    user = user.replace("    tasks = [AddPetThenOpenDashboard]\n", "")
    for words in ("def on_start", "def get_pets", "def get_visits"):
        user = f"{user.rstrip()}\n\n{text.take('python', words)}"
    stage.file.write_text(f"{READS_OWNERS}{user}")
    named = stage.file.read_text()
    stage.file.write_text(re.sub(r", name=\"[^\"]*\"", "", named))
    run = text.take("bash", "locust --headless -u 5")
    assert set(re.findall(r"/owners/(\d+)/pets", locust.run(run))) == {"407", "112", "9031", "58", "2750"}
    stage.file.write_text(named)
    again = locust.run(run.splitlines()[-1].replace("-u 5", "-u 25"))
    assert {"/owners/[owner_id]/pets", "/pets/[pet_id]/visits"} <= set(re.findall(r"GET +(\S+)", again))
    shop.interrupt()
    shop.run(f"cd {quoted(clone.path)}")
    shop.start(text.take("bash", "workshop.py demo 05"), r"Ctrl-C ends both\.")
    shop.interrupt()
    stage.passes()
    text.end()


@pytest.mark.parametrize("stage", [("06_distributed_data", 4)], indirect=True)
def test_stage_06(stage: Stage, clone: Clone) -> None:
    text, (shop, master, *workers), file = stage.text, stage.consoles, stage.file
    solution = (clone.path / "solutions" / stage.name / file.name).read_text()

    # 1. See the trouble
    assert "`cd petshop_app`, `python app.py`" in text.prose
    shop.start("cd petshop_app\npython app.py", SHOP)
    insert_below(file, "        self.pet_ids = []\n", SHOWS_OWNER)
    starts_master = text.take("bash", "--expect-workers 2")
    starts_worker = text.take("bash", "locust --worker")
    master.start(starts_master, "Starting Locust")
    for console in workers:
        console.start(starts_worker, "Starting Locust")
    wait_for(lambda: all(console.shown.endswith(READY) for console in (master, *workers)), "the end of 30 s", 120)
    assert [owners(console) for console in workers] == [["407", "112", "9031", "58", "2750"]] * 2

    # 2. Let the master alone read
    starter = file.read_text()
    replace(
        file, starter[starter.index("import csv") : starter.index("\n\n\ndef")], text.take("python", "AsyncResult")[:-1]
    )
    lists = text.take("python", "owner_ids = []")
    file.write_text(re.sub(r"owner_ids = cycle.*\n", lists, file.read_text()))
    on_init = text.take("python", "def on_init")
    insert_above(file, "class PetShopUser", f"{on_init}    {COUNTS_OWNERS}\n\n\n")
    master.start("locust --master", r"(?m)^20 owners")
    workers[0].start("locust --worker", r"(?m)^0 owners")
    workers[0].interrupt()
    master.interrupt()
    replace(file, f"    {COUNTS_OWNERS}\n", "")

    # 3. Choose an owner
    insert_below(file, lists, held := text.take("python", "held = {}"))
    next_owner = text.take("python", "def next_owner")
    insert_above(file, "class PetShopUser", written_by_the_learner(solution, next_owner))
    stage.folder.joinpath("session.txt").write_text(
        "\n".join(re.findall(r"^(?:>>> .*|\d+)$", text.prose, re.MULTILINE))
    )
    assert "Failed" not in master.run("python -m doctest session.txt")
    stage.folder.joinpath("session.txt").unlink()

    # 4. Ask and answer
    insert_below(file, held, text.take("python", "answers = {}"))
    on_start = text.take("python", "def on_start")
    asks = file.read_text()
    replace(
        file,
        asks[asks.index("    def on_start") : asks.index("    @task\n    def get_pets")],
        f"{on_start}{SHOWS_OWNER}\n",
    )
    assert "`def on_wanted(environment, msg, **_):`" in text.prose
    on_wanted = "def on_wanted(environment, msg, **_):\n"
    insert_above(file, next_owner, f"{on_wanted}{text.take('python', 'owner = next_owner()')}\n\n")
    insert_above(file, "class PetShopUser", text.take("python", "def on_assigned") + "\n\n")
    registers = text.take("python", '"owner_wanted"')
    insert_below(file, on_init, registers + text.take("python", "connected.set()"))
    starts_master = starts_master.replace("-t 30s", "-t 5m")
    begin(starts_master, starts_worker, master, workers)
    wait_for(lambda: len(owners(*workers)) == 10, "ten users")
    assert len(set(owners(*workers))) == 10
    assert [len(owners(console)) for console in workers] == [5, 5]
    end(master, workers)

    # 5. Give the owner back
    insert_above(file, "    @task\n    def get_pets", text.take("python", "def on_stop"))
    insert_below(file, registers, text.take("python", '"owner_released"'))
    assert "`def on_released(msg, **_):`" in text.prose
    insert_above(file, "def on_assigned", written_by_the_learner(solution, "def on_released(msg, **_):\n"))
    begin(starts_master, starts_worker, master, workers)
    wait_for(lambda: len(owners(*workers)) == 10, "ten users")
    wait_for(lambda: total_users(master) == 10, "the master's count")
    first = set(owners(*workers))
    for key, count in (("s", 6), ("w", 10)):
        while total_users(master) != count:
            master.press(key)
            time.sleep(LOOK / 3)
        time.sleep(LOOK / 3)  # "some seconds later"
    wait_for(lambda: len(owners(*workers)) >= 14, "four other users")
    assert set(owners(*workers)) == first
    end(master, workers)

    # 6. Notice a loss
    insert_below(file, on_wanted, text.take("python", "STATE_MISSING"))
    begin(starts_master, starts_worker, master, workers)
    wait_for(lambda: len(owners(*workers)) == 10, "ten users")
    of_the_dead = owners(workers[1])
    workers[1].kill()
    wait_for(lambda: "setting state to missing" in master.shown, "the loss")
    workers[1].start("locust --worker", "Starting Locust")
    wait_for(lambda: len(owners(workers[1])) == 5, "five other users")
    assert set(owners(workers[1])) == set(of_the_dead)
    end(master, workers)

    # 7. Say that the master is missing
    insert_above(file, "class PetShopUser", text.take("python", "gevent.spawn") + "\n\n")
    workers[0].start("locust --worker", "(?s)no master answers.*no master answers")
    workers[1].start("locust --worker", "")
    master.start(starts_master, "Starting Locust")
    wait_for(lambda: len(owners(*workers)) == 10, "ten users")
    assert len(set(owners(*workers))) == 10
    end(master, workers)

    # 8. Try to break it
    begin(starts_master.replace("-u 10", "-u 30"), starts_worker, master, workers)
    wait_for(lambda: len(owners(*workers)) == 30, "thirty users")
    assert sorted(Counter(owners(*workers)).values()) == 10 * [1] + 10 * [2]
    end(master, workers)
    assert "`locust --headless -u 10 -r 10 -t 10s`" in text.prose
    alone = master.run("locust --headless -u 10 -r 10 -t 10s")
    assert len(set(re.findall(r"^\d+$", alone, re.MULTILINE))) == 10
    assert {"/owners/[owner_id]/pets", "/pets/[pet_id]/visits"} <= set(re.findall(r"GET +(\S+)", alone))
    master.start("python locustfile.py", r"(?ms)^407$.*/owners/\[owner_id\]/pets")
    master.interrupt()
    replace(file, SHOWS_OWNER, "")
    assert file.read_text().partition("import csv")[2] == solution.partition("import csv")[2]  # except the docstring

    shop.interrupt()
    shop.run(f"cd {quoted(clone.path)}")
    shop.start(text.take("bash", "workshop.py demo 06"), r"Ctrl-C ends both\.")
    shop.interrupt()
    stage.passes()
    text.end()


SHOWS_OWNER = "        print(self.owner_id)\n"
COUNTS_OWNERS = 'print(len(owner_ids), "owners")'


def owners(*consoles: Terminal) -> list[str]:
    """Return the owners that users have printed in these terminals."""
    return [owner for console in consoles for owner in re.findall(r"^\d+$", console.shown, re.MULTILINE)]


def total_users(master: Terminal) -> int | None:
    """Return the last number of users that the master has shown."""
    said = re.findall(r"\((\d+) total users\)", master.shown)
    return int(said[-1]) if said else None


def begin(starts_master: str, starts_worker: str, master: Terminal, workers: list[Terminal]) -> None:
    """Start a master and its workers in terminals that are in the stage's folder already."""
    master.start(starts_master.splitlines()[-1], "Starting Locust")
    for console in workers:
        console.start(starts_worker.splitlines()[-1], "Starting Locust")


def end(master: Terminal, workers: list[Terminal]) -> None:
    """Press Ctrl-C in the master's terminal, which ends its workers as well."""
    master.interrupt()
    wait_for(lambda: all(console.shown.endswith(READY) for console in workers), "the end of the workers", 60)


def written_by_the_learner(solution: str, begins: str) -> str:
    """Return the solution of a function that the text leaves to the learner, followed by two blank lines."""
    body = solution.partition(begins)[2].partition("\n\n\n")[0]
    return f"{begins}{body}\n\n\n"


READS_OWNERS = """import csv
from itertools import cycle
from pathlib import Path
from random import choice

from locust import HttpUser, between, task

with Path(__file__).with_name("owners.csv").open(encoding="utf-8", newline="") as file:
    owner_ids = cycle([row["owner_id"] for row in csv.DictReader(file)])


"""


def test_front_page(clone: Clone) -> None:
    """The commands for learners and evaluators; `test` is the suite that this test belongs to."""
    page = Document(clone.path / "README.md")
    start = page.take("bash", "workshop.py demo")
    assert [line.split("#")[0].strip() for line in start.splitlines()] == [
        "python3 workshop.py demo",
        "python3 workshop.py test",
    ]
    with terminals(clone.path, clone.environment, 1) as (console,):
        assert "passed" in console.run(page.take("bash", "pytest checks/ -k 01"), 600)
        grade = page.take("bash", "workshop.py grade").replace("PATH...", "solutions/jsonplaceholder_task")
        assert " points" in console.run(grade, 600)
    page.end()
