"""Stage 04: one master and two workers run the same users as a single Locust did, from two configuration files."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from checks.lab import Failed, Inconclusive, Lab, Request, Run, amount, aside, blamed, require_requests, strain
from checks.lab.locust.settings import Settings
from checks.lab.locust.swarm import Node, Swarm
from checks.lab.target.peers import Peers

MASTER, WORKER = "master.conf", "worker.conf"
USERS, SPAWN_RATE = 5000, 100
COMPRESSION = 10.0  # a think time of 1 to 3 s takes 100 to 300 ms: some 70 requests/s, so that the cores stay free
ROUNDS = 4  # requests of each user before a worker is killed
MORE = 10  # requests of each surviving user after the master has missed the dead worker
PREPARATION = 5  # requests by which a master may prepare or clean up a test: no load
NOTICE = 20.0  # seconds; with Locust's own heartbeats it takes 4 to 8
LAG = 2.0  # seconds that a report may take from a worker to the master of a busy machine
ANY_HOST = ("*", "0.0.0.0", "::")


@dataclass(frozen=True)
class Story:
    """What became of one master and two workers, one of whom was killed half-way."""

    users: int
    master: Run
    workers: dict[str, Run]
    ended_early: tuple[str, ...]
    before: tuple[Request, ...]  # until the kill
    is_steady: bool  # all users were seen at work
    victim: str
    lost_at: float | None  # when the master missed the victim
    goes_on: bool  # the other worker's users were seen at work after that
    out_of_time: bool


@pytest.fixture(scope="module")
def confs(lab: Lab) -> dict[str, Settings]:
    """Both configuration files, as Locust understands them."""
    return dict(zip((MASTER, WORKER), lab.settings(MASTER, WORKER), strict=True))


@pytest.fixture(scope="module")
def story(lab: Lab, confs: dict[str, Settings]) -> Story:
    """One run from both files; when every user is at work, a worker is killed."""
    users = lab.rng.randint(10, 16)
    with (
        lab.petshop(peers=Peers()) as shop,
        lab.distributed(shop, users=users, compression=COMPRESSION) as swarm,
    ):
        rate = lab.rng.randint(users // 2, users)
        master = swarm.start_master(_arguments(lab, confs, MASTER), spawn_rate=rate, workers=2)
        workers = [swarm.start_worker(_arguments(lab, confs, WORKER)) for _ in range(2)]
        victim, survivor = lab.rng.sample(workers, 2)
        swarm.until(lambda: sum(bool(node.record.users) for node in (master, *workers)), 3)
        is_steady = swarm.until(lambda: _at_work(swarm.target.journal, ROUNDS), ROUNDS * users)
        before, lost_at, goes_on = tuple(swarm.target.journal), None, False
        if is_steady:
            swarm.until(lambda: len({report.worker for report in master.record.reports if report.requests}), 2)
            before = tuple(swarm.target.journal)
            swarm.kill(victim)
            if swarm.until(lambda: len(master.record.losses), 1, patience=NOTICE):
                lost_at = master.record.losses[0].time
                goes_on = _goes_on(swarm, survivor, lost_at)
        swarm.end()
        return Story(
            users=users,
            master=master.run(),
            workers={node.name: node.run() for node in workers},
            ended_early=tuple(node.name for node in (master, *workers) if node.ended_early),
            before=before,
            is_steady=is_steady,
            victim=victim.name,
            lost_at=lost_at,
            goes_on=goes_on,
            out_of_time=swarm.out_of_time,
        )


def _arguments(lab: Lab, confs: dict[str, Settings], name: str) -> list[str]:
    """Return what a learner would type: the file, and the locustfile where it bears another name."""
    named = confs[name].options["locustfile"] != "locustfile.py"
    return ["--config", name, *([] if named else ["-f", lab.submission.locustfile])]


def _visits(requests: Iterable[Request]) -> dict[str, list[Request]]:
    """Return each user's requests; a visitor of one request is no user: a test may prepare itself with such."""
    visits: dict[str, list[Request]] = {}
    for request in sorted(requests, key=lambda request: request.start):
        visits.setdefault(request.visitor, []).append(request)
    return {visitor: own for visitor, own in visits.items() if len(own) > 1}


def _at_work(requests: Iterable[Request], rounds: int) -> int:
    return sum(min(len(own), rounds) for own in _visits(requests).values())


def _goes_on(swarm: Swarm, survivor: Node, since: float) -> bool:
    users = _visits(request for request in survivor.journal if request.start < since)

    def later() -> int:
        sent = Counter(request.visitor for request in survivor.journal if request.start > since)
        return sum(min(sent[visitor], MORE) for visitor in users)

    return swarm.until(later, MORE * len(users))


# --- what the files say


@pytest.mark.criterion(points=2)
def test_master_conf(confs: dict[str, Settings]) -> None:
    """master.conf makes a master for 5000 users at 100 users/s that waits for you at its web page."""
    conf = confs[MASTER]
    _require_readable(conf, MASTER)
    has = conf.options
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
            raise Failed(f"{MASTER} says {seen}{_unknown(conf)}", expected, advice)


@pytest.mark.criterion(points=1, after="master_conf")
def test_worker_conf(confs: dict[str, Settings]) -> None:
    """worker.conf makes one worker that finds this master on the same machine."""
    conf, master = confs[WORKER], confs[MASTER].options
    _require_readable(conf, WORKER)
    has = conf.options
    if not has["worker"] or has["master"]:
        seen = "master" if has["master"] else "no worker"
        raise Failed(f"{WORKER} says {seen}{_unknown(conf)}", "worker = true", "a worker is made by worker, alone")
    if (has["processes"] or 1) != 1:
        raise Failed(
            f"{WORKER} says processes = {has['processes']}",
            "one worker for each locust --config worker.conf",
            "delete processes: start the command once for each worker; processes is for the section Go further",
        )
    if has["master_port"] != master["master_bind_port"]:
        raise Failed(
            f"the worker calls at port {has['master_port']}, the master listens on {master['master_bind_port']}",
            "the same port in both files",
            "leave both out for Locust's own, 5557, or give the same number as master-bind-port and as master-port",
        )
    listens, calls = master["master_bind_host"], has["master_host"]
    if not _is_this_machine(calls) or not (listens in ANY_HOST or _is_this_machine(listens)):
        raise Failed(
            f"the worker calls at {calls}, the master listens on {listens}",
            "both on this machine, 127.0.0.1",
            "leave master-host and master-bind-host out, or give 127.0.0.1",
        )


def _require_readable(conf: Settings, name: str) -> None:
    if "Unable to open config file" in conf.error:
        raise Failed(
            f"there is no {name}",
            f"{MASTER} and {WORKER} beside the locustfile",
            f"python3 workshop.py reset 04 brings a fresh one; its first line is {name.partition('.')[0]} = true",
        )
    if conf.error:
        advice = "the names are those of the command line without the dashes: locust --help lists them"
        if re.search(r"invalid (int|float) value", conf.error):
            advice = "write the number in digits alone, such as users = 5000"
        elif conf.error.endswith("and ends"):
            advice = "delete the line that asks for it: Locust runs no test then"
        elif re.search("byte|codec", conf.error):
            advice = "save it as UTF-8 without a byte order mark (BOM); editors offer that under Save as, Encoding"
        raise Failed(f"Locust can't read {name}: {conf.error}", "a line for each setting, such as users = 10", advice)


def _unknown(conf: Settings) -> str:
    return f" (and Locust does not know {', '.join(conf.unknown)})" if conf.unknown else ""


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified


# --- what the run shows


@pytest.mark.criterion(points=1, after="worker_conf")
def test_loads(story: Story) -> None:
    """Master and workers load the locustfile, find each other, and their users reach the shop."""
    runs = {"master": story.master, **story.workers}
    for name, run in runs.items():
        ended = name in story.ended_early and not run.record.users
        if run.broken or run.record.crash or ended:
            _require_start(name, run)
    if story.before:
        return
    for name, run in runs.items():
        if run.record.errors or run.record.strays:
            _require_start(name, run)
    if story.ended_early and story.master.record.users:
        raise Failed(
            f"{_listed(story.ended_early)} ended before any user had sent a request",
            "processes that run until the master ends them",
            "look for quit() or exit() in an event listener: the file runs in the master and in each worker alike",
        )
    require_requests(story.master)


def _require_start(name: str, run: Run) -> None:
    """Return where a process came to run users; its name is a part of the message where it didn't."""
    try:
        require_requests(run)
    except Failed as error:
        raise Failed(f"{name}: {error.seen}", error.expected, error.advice, error.request) from None


@pytest.mark.criterion(points=2, after="loads")
def test_share(story: Story, confs: dict[str, Settings]) -> None:
    """Both workers carry the load, half of the users each; the master sends none."""
    expected = f"{story.users} users, half of them on each worker, none on the master"
    rebalances = confs[MASTER].options["enable_rebalancing"]  # then users of a dead worker start anew on the other
    if len(story.master.journal) > PREPARATION:
        raise Failed(
            f"the master sent {amount(len(story.master.journal), 'request')} by itself",
            expected,
            "what an event listener does happens in the master too: ask isinstance(environment.runner, MasterRunner)",
        )
    for name in story.ended_early if not story.is_steady else ():
        raise Failed(f"{name} ended by itself", expected, "let nothing in the file end its process, such as quit()")
    seen_before = {request.id for request in story.before}
    shares = {
        name: len(_visits(request for request in run.journal if request.id in seen_before))
        for name, run in story.workers.items()
    }
    total = len(_visits(story.before))
    if strangers := total - sum(shares.values()):
        # A user that waits for its answer keeps its connection, which is looked up before the answer is given.
        raise Failed(
            f"{strangers} of {total} users belong to no process that was started, or don't wait for their answers",
            expected,
            "send every request through self.client, in the process that Locust runs the user in",
        )
    seen = f"{story.users} users were asked for; {_listed(f'{name} ran {share}' for name, share in shares.items())}"
    if story.out_of_time and not story.is_steady and _is_strained(story):
        raise Inconclusive(f"{seen}, in {story.master.seconds:.0f} s; the machine is too busy: try again")
    if min(shares.values()) == 0:
        idle = min(shares, key=shares.__getitem__)
        sent = sum(len(run.journal) for run in story.workers.values())
        raise Failed(
            f"{seen}: {idle} sent nothing while the other sent {amount(sent, 'request')}{aside(story.workers[idle])}",
            expected,
            "the same file runs on each worker: look for what it does only on one, such as worker_index or a lock file",
        )
    shape = story.master.record.shape
    if total != story.users or max(shares.values()) - min(shares.values()) > 1:
        raise Failed(
            seen + aside(story.workers[min(shares, key=shares.__getitem__)]),
            expected,
            f"{shape} decides on the number of users, whatever {MASTER} says: take it out"
            if shape
            else "let Locust start the users, each with its own self.client; no task may end its user",
        )
    if (later := sum(len(_visits(run.journal)) for run in story.workers.values())) > total and not rebalances:
        raise Failed(
            f"{seen}; in the end there had been {later}",
            expected,
            f"{shape or 'something in the file'} goes on to start users, whatever {MASTER} says: take it out",
        )
    if not story.is_steady:
        own = min(_visits(story.before).values(), key=len)
        raise blamed(
            next((run for run in story.workers.values() if run.record.errors), story.master),
            f"{seen}, but a user "
            + ("came to no more than" if story.out_of_time else "stopped after")
            + f" {amount(len(own), 'request')} in {story.master.seconds:.0f} s",
            "users that go on until the test ends",
            "wait_time is a function such as between(1, 3), and no task may end its user",
            own[-1],
        )


@pytest.mark.criterion(points=2, after="share")
def test_stats(story: Story) -> None:
    """The master's figures hold what both workers did."""
    figures, sure = story.master.record.figures, 0
    expected = "every request of both workers in the master's figures"
    for name, run in story.workers.items():
        reports = [report for report in story.master.record.reports if report.worker == run.record.worker]
        told, own = (
            sum(report.requests for report in reports),
            _surely_told(run, max((r.time for r in reports), default=0)),
        )
        sure += own
        # A user may have a second request on the way; what is reported has been sent.
        if not told or told < own - story.users or told > len(run.journal) + story.users:
            raise Failed(
                f"{name} sent {amount(len(run.journal), 'request')} and reported {told} of them to the master",
                expected,
                "send them through self.client, with catch_response in a with block; leave what report_to_master sends",
            )
    if figures and figures.requests < sure - story.users:
        raise Failed(
            f"the workers reported {sure} requests, the master's figures hold {figures.requests}",
            expected,
            "leave the master's stats as they are: nothing may clear or reset them",
        )


def _surely_told(run: Run, last_report: float) -> int:
    """Return how many requests a worker had counted when it sent its last report.

    A user sends its next request when Locust has counted the one before.
    """
    return sum(after.start < last_report - LAG for own in run.journal.visits().values() for _, after in pairwise(own))


@pytest.mark.criterion(points=2, after="share")
def test_survives(story: Story) -> None:
    """When a worker is killed half-way, the other's users go on, and so does the master, to a polite end."""
    killed = f"{story.victim} was killed half-way"
    expected = "the other worker's users go on, and the master ends when it is told to, with its figures"
    if story.ended_early:
        raise Failed(
            f"{killed}; then {_listed(story.ended_early)} ended too",
            expected,
            "let nothing in the file quit or stop the test when a worker goes missing",
        )
    if story.out_of_time and not story.goes_on and _is_strained(story):
        raise Inconclusive(f"{killed}, and time was up soon; the machine is too busy: try again")
    if story.lost_at is None:
        left = "what was left of the time" if story.out_of_time else f"{NOTICE:.0f} s"
        seen = f"{killed}, and the master had not noticed after {left}"
        raise Failed(seen, expected, "leave heartbeats as they are: with them Locust notices after some seconds")
    if not story.goes_on:
        (other,) = (run for name, run in story.workers.items() if name != story.victim)
        later = amount(sum(request.start > story.lost_at for request in other.journal), "request")
        end = "until time was up" if story.out_of_time else "then nothing more"
        raise Failed(
            f"{killed}; the other's users sent {later} after the master had missed it, {end}",
            expected,
            "let no task sleep or work for long: wait_time is what users wait by"
            if story.out_of_time
            else "let nothing in the file quit or stop the test when a worker goes missing",
        )
    if story.master.record.figures is None:
        seen = f"{killed}; in the end the master left no figures (status {story.master.exit_code})"
        raise Failed(seen, expected, "let nothing in the file end the process, or keep it from ending")


def _is_strained(story: Story) -> bool:
    """Tell whether the machine was too busy for master and workers."""
    return bool(strain(story.master, *story.workers.values()))


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)
