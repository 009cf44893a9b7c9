"""Stage 04: one master and two workers run the same users as a single Locust did, from two configuration files."""

import pytest

from checks.judging.cluster import load
from checks.judging.cluster.configuration import MASTER, WORKER, options, require_one_machine, unknown
from checks.judging.cluster.worker_kill import WorkerKill, kill_a_worker
from checks.lab import Failed, Lab
from checks.lab.locust.settings import Settings

USERS, SPAWN_RATE = 5000, 100


@pytest.fixture(scope="module")
def confs(lab: Lab) -> dict[str, Settings]:
    """Both configuration files, as Locust understands them."""
    return dict(zip((MASTER, WORKER), lab.settings(MASTER, WORKER), strict=True))


@pytest.fixture(scope="module")
def story(lab: Lab, confs: dict[str, Settings]) -> WorkerKill:
    """One run from both files; when every user is at work, a worker is killed."""
    return kill_a_worker(lab, confs)


# --- what the files say


@pytest.mark.criterion(points=2)
def test_master_conf(confs: dict[str, Settings]) -> None:
    """master.conf makes a master for 5000 users at 100 users/s that waits for you at its web page."""
    has = options(confs, MASTER)
    for is_wrong, seen, expected, advice in (
        (not has["master"], "no master", "master = true", "without it Locust runs its users by itself"),
        (has["worker"], "worker beside master", "a master alone", "worker belongs into worker.conf"),
        (
            has["processes"],
            f"processes = {has['processes']}",
            "a master alone",
            "processes makes a master and workers at once, and refuses master; here each worker has a terminal",
        ),
        (
            has["num_users"] != USERS,
            f"users = {has['num_users']}",
            f"users = {USERS}",
            "the number of users is the master's to say: it shares them out among its workers",
        ),
        (
            has["spawn_rate"] != SPAWN_RATE,
            f"spawn-rate = {has['spawn_rate']}",
            f"spawn-rate = {SPAWN_RATE}",
            "the name has a hyphen, as in --spawn-rate; the number is users per second over all workers",
        ),
        (
            has["headless"] and not has["headful"],
            "headless",
            "the web page left on",
            "delete headless: press Start when the workers are there",
        ),
        (has["autostart"], "autostart", "a test that you start by hand", "delete autostart: press Start yourself"),
    ):
        if is_wrong:
            raise Failed(f"{MASTER} says {seen}{unknown(confs, MASTER)}", expected, advice)


@pytest.mark.criterion(points=1, after="master_conf")
def test_worker_conf(confs: dict[str, Settings]) -> None:
    """worker.conf makes one worker that finds this master on the same machine."""
    has = options(confs, WORKER)
    if not has["worker"] or has["master"]:
        seen = ("master" if has["master"] else "no worker") + unknown(confs, WORKER)
        raise Failed(f"{WORKER} says {seen}", "worker = true", "a worker is made by worker, alone")
    if (has["processes"] or 1) != 1:
        raise Failed(
            f"{WORKER} says processes = {has['processes']}",
            "one worker for each locust --config worker.conf",
            "delete processes: start the command once for each worker; processes is for the section Go further",
        )
    require_one_machine(master=confs[MASTER].options, worker=has)


# --- what the run shows


@pytest.mark.criterion(points=1, after="worker_conf")
def test_loads(story: WorkerKill) -> None:
    """Master and workers load the locustfile, find each other, and their users reach the shop."""
    load.require_users_at_work(story)


@pytest.mark.criterion(points=2, after="loads")
def test_share(story: WorkerKill, confs: dict[str, Settings]) -> None:
    """Both workers carry the load, half of the users each; the master sends none."""
    load.require_halves(story, rebalances=confs[MASTER].options["enable_rebalancing"])


@pytest.mark.criterion(points=2, after="share")
def test_stats(story: WorkerKill) -> None:
    """The master's figures hold what both workers did."""
    load.require_all_reported(story)


@pytest.mark.criterion(points=2, after="share")
def test_survives(story: WorkerKill) -> None:
    """When a worker is killed half-way, the other's users go on, and so does the master, to a polite end."""
    load.require_survival(story)
