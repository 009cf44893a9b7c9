"""Stage 04: workers that report a little too little, users that move, machines that are too busy for a master."""

from typing import Any

from tests.replay.variations import Evidence, varied

BASE = "04_master_worker/right/fast_http_user"
ENTRY = {"file": "locustfile.py", "line": 3, "error": "NameError: name 'x' is not defined", "url": "", "path": ""}


def story_of(evidence: Evidence) -> Any:
    return evidence.made("story")


def worker(evidence: Evidence, number: int) -> Any:
    return story_of(evidence)["workers"][f"worker {number}"]


def option(evidence: Evidence, file: str, **changed: Any) -> None:
    evidence.made("confs")[file]["options"].update(changed)


def user_of(evidence: Evidence, number: int) -> Any:
    """Return the requests of the first user of a worker."""
    return evidence.visits(worker(evidence, number)["journal"])[0]


def come_later(evidence: Evidence, requests: int) -> None:
    """Make one more user start on the second worker after the first one has been killed."""
    last = user_of(evidence, 2)[-1]
    for number in range(requests):
        journal = [worker(evidence, 2)["journal"]]
        evidence.add(journal, last, visitor="late", start=last["start"] + number, end=last["end"] + number)


# --- what the files say


@varied(BASE, fails="worker_conf", says=("master",))
def worker_and_master_at_once(evidence: Evidence) -> None:
    """worker.conf says both."""
    option(evidence, "worker.conf", master=True)


@varied(BASE, fails="master_conf", says=("worker beside master",))
def master_and_worker_at_once(evidence: Evidence) -> None:
    """master.conf says both."""
    option(evidence, "master.conf", worker=True)


@varied(BASE)
def headless_and_headful(evidence: Evidence) -> None:
    """Headful shows the web page whatever headless says."""
    option(evidence, "master.conf", headless=True, headful=True)


@varied(BASE)
def one_process_for_a_worker(evidence: Evidence) -> None:
    """One process is what a worker is without the option."""
    option(evidence, "worker.conf", processes=1)


@varied(BASE)
def a_master_called_localhost(evidence: Evidence) -> None:
    """This machine by its name."""
    option(evidence, "worker.conf", master_host="localhost")


@varied(BASE)
def a_master_called_0_0_0_0(evidence: Evidence) -> None:
    """The address of any interface leads to this machine, too."""
    option(evidence, "worker.conf", master_host="0.0.0.0")


@varied(BASE)
def a_master_on_loopback_alone(evidence: Evidence) -> None:
    """A master that only this machine can reach."""
    option(evidence, "master.conf", master_bind_host="127.0.0.1")


@varied(BASE, fails="worker_conf", says=("192.168.1.7",))
def a_master_on_another_interface(evidence: Evidence) -> None:
    """A master that listens elsewhere than its workers call."""
    option(evidence, "master.conf", master_bind_host="192.168.1.7")


@varied(BASE, fails="worker_conf", says=("master.local",))
def a_master_of_another_name(evidence: Evidence) -> None:
    """A name that any machine may have."""
    option(evidence, "worker.conf", master_host="master.local")


# --- how they start


@varied(BASE, fails="loads", says=("worker 2", "NameError"))
def a_crash_on_the_second_worker(evidence: Evidence) -> None:
    """The file can't be loaded on one of the workers."""
    worker(evidence, 2)["record"]["crash"] = ENTRY


def not_started(evidence: Evidence, log: str) -> Any:
    """Make the second worker end with these words before it knows a user class; return its run."""
    story_of(evidence)["ended_early"] = ["worker 2"]
    run = worker(evidence, 2)
    run.update(log=log, journal=[], exit_code=1)
    run["record"]["users"] = []
    return run


@varied(BASE, fails="loads", says=("worker 2", "no user class"))
def no_user_class_on_the_second_worker(evidence: Evidence) -> None:
    """One worker finds no user class."""
    not_started(evidence, "No User class found!")


@varied(BASE, fails="loads", says=("worker 2: ", '"locust: error: unrecognized arguments: --x Did you mean --y?"'))
def options_that_locust_refuses(evidence: Evidence) -> None:
    """Locust has its own message, of more than one line, for options that don't go together."""
    not_started(evidence, "usage: locust\nlocust: error: unrecognized arguments: --x\nDid you mean --y?\n")


@varied(BASE, fails="loads", says=("worker 2: ", "\"Could not find 'x.py'"))
def a_file_that_locust_does_not_find(evidence: Evidence) -> None:
    """Locust says so without an error in front."""
    not_started(evidence, "Hello!\nCould not find 'x.py'. Ensure the locustfile ends with '.py'\n")


@varied(BASE, unclear="loads")
def a_machine_that_starts_no_second_worker(evidence: Evidence) -> None:
    """One worker ended at once, and Locust ends there even without a file."""
    not_started(evidence, "MemoryError\n")["can_start"] = False


@varied(BASE, fails="loads", says=("worker 2", "took more memory"))
def a_limit_that_the_second_worker_breaks(evidence: Evidence) -> None:
    """The grader ended one of the workers."""
    worker(evidence, 2)["broken"] = "took more memory than 2 GB"


@varied(BASE, fails="loads", says=("worker 2", "a request goes to http://127.0.0.1:1"))
def requests_that_go_astray(evidence: Evidence) -> None:
    """No request reaches the shop, since those of one worker go elsewhere."""
    story_of(evidence)["before"] = []
    worker(evidence, 2)["record"]["strays"] = [{**ENTRY, "url": "http://127.0.0.1:1"}]


@varied(BASE)
def words_of_a_refusal_in_a_run(evidence: Evidence) -> None:
    """A file that prints such words, and runs."""
    worker(evidence, 2)["log"] += "Could not find the pet, another one then\n"


@varied(BASE, fails="loads", says=("worker 2 ended before any user had sent a request",))
def a_worker_that_ends_before_the_test(evidence: Evidence) -> None:
    """One worker ends before a request is sent."""
    story_of(evidence).update(before=[], ended_early=["worker 2"])


@varied(BASE, unclear="loads")
def no_request_in_time(evidence: Evidence) -> None:
    """The machine is so busy that the users did nothing."""
    story_of(evidence)["before"] = []
    story_of(evidence)["master"].update(ending="LIMIT")


@varied(BASE, fails="loads", says=("master: ", "Too many open files"))
def a_master_that_does_not_start(evidence: Evidence) -> None:
    """Master and worker end before they know the users, the master says why, and Locust starts without the file."""
    master_ended(evidence)


@varied(BASE, unclear="loads")
def a_master_that_the_machine_does_not_start(evidence: Evidence) -> None:
    """The same, but Locust does not start without the file, either."""
    master_ended(evidence)["can_start"] = False


def master_ended(evidence: Evidence) -> Any:
    """Make the master and a worker end before they know a user class; return the master's run."""
    story_of(evidence).update(before=[], ended_early=["master", "worker 2"])
    master = story_of(evidence)["master"]
    master.update(journal=[], log="OSError: [Errno 24] Too many open files\n")
    master["record"]["users"] = []
    return master


# --- which processes carry the load


@varied(BASE)
def five_requests_of_preparation(evidence: Evidence) -> None:
    """A master may prepare a test, with a client of its own for each request."""
    prepare(evidence, 5)


@varied(BASE, fails="share", says=("the master sent 6 requests",))
def six_requests_of_preparation(evidence: Evidence) -> None:
    """More than a few requests are load."""
    prepare(evidence, 6)


def prepare(evidence: Evidence, requests: int) -> None:
    story = story_of(evidence)
    for number in range(requests):
        journals = [story["master"]["journal"], story["before"]]
        evidence.add(journals, user_of(evidence, 1)[0], visitor=f"preparation {number}")


@varied(BASE, fails="share", says=("belong to no process that was started",))
def a_user_of_an_unknown_process(evidence: Evidence) -> None:
    """One user's requests came from a process that nobody has started: the system would know any process that waits."""
    own = {one["id"] for one in user_of(evidence, 2)}
    journal = worker(evidence, 2)["journal"]
    journal[:] = [number for number in journal if evidence.requests[number]["id"] not in own]


def strained(evidence: Evidence) -> None:
    """Make the second worker take long to import Locust."""
    worker(evidence, 2)["importing"] = 5.0


@varied(BASE, fails="share", says=("users were asked for",))
def one_user_too_few_in_time(evidence: Evidence) -> None:
    """One user did not start before time was up."""
    evidence.drop(user_of(evidence, 2))
    story_of(evidence).update(out_of_time=True, is_steady=False)


@varied(BASE, unclear="share")
def one_user_too_few_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but the machine is busy."""
    one_user_too_few_in_time.change(evidence)
    strained(evidence)


@varied(BASE, fails="share", says=("came to no more than",))
def users_that_are_slow(evidence: Evidence) -> None:
    """All users started, and time was up before they had shown what they do."""
    story_of(evidence).update(out_of_time=True, is_steady=False)


@varied(BASE, unclear="share")
def users_that_are_slow_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but the machine is busy."""
    users_that_are_slow.change(evidence)
    strained(evidence)


@varied(BASE, fails="share", says=("users were asked for",))
def one_user_too_few(evidence: Evidence) -> None:
    """One user never started."""
    evidence.drop(user_of(evidence, 2))


@varied(BASE)
def all_users_at_the_last_moment(evidence: Evidence) -> None:
    """Time was up when all had been seen."""
    story_of(evidence)["out_of_time"] = True


@varied(BASE)
def an_odd_number_of_users(evidence: Evidence) -> None:
    """Halves that differ by one, as they may in the base already."""
    first, second = (len(evidence.visits(worker(evidence, number)["journal"])) for number in (1, 2))
    if first == second:
        evidence.drop(user_of(evidence, 2))
        story_of(evidence)["users"] -= 1
        told(evidence, sent(evidence, 2)[0])


@varied(BASE, fails="share", says=("users were asked for",))
def halves_that_differ_by_two(evidence: Evidence) -> None:
    """One user runs on the other worker."""
    moved = {one["id"] for one in user_of(evidence, 2)}
    first, second = (worker(evidence, number)["journal"] for number in (1, 2))
    first += [number for number in second if evidence.requests[number]["id"] in moved]
    second[:] = [number for number in second if evidence.requests[number]["id"] not in moved]


@varied(BASE, fails="share", says=("worker 2 sent nothing while the other sent",))
def an_idle_worker(evidence: Evidence) -> None:
    """All users run on the first worker."""
    worker(evidence, 1)["journal"] += worker(evidence, 2)["journal"]
    worker(evidence, 2)["journal"] = []


@varied(BASE, fails="share", says=("in the end there had been",))
def a_user_that_comes_later(evidence: Evidence) -> None:
    """The file goes on to start users."""
    come_later(evidence, 2)


@varied(BASE)
def a_user_that_comes_back(evidence: Evidence) -> None:
    """With rebalancing, users of a dead worker start again on the other one."""
    option(evidence, "master.conf", enable_rebalancing=True)
    come_later(evidence, 2)


@varied(BASE)
def a_request_without_a_user(evidence: Evidence) -> None:
    """A visitor with a single request is no user: a test may clean up with one."""
    come_later(evidence, 1)


@varied(BASE, fails="share", says=("but a user stopped after",))
def a_user_that_stops(evidence: Evidence) -> None:
    """One user did not get as far as the others."""
    story_of(evidence)["is_steady"] = False


@varied(BASE, fails="share", says=("worker 2 ended by itself",))
def a_worker_that_ends(evidence: Evidence) -> None:
    """One worker ends before all users have been seen at work."""
    story_of(evidence).update(is_steady=False, ended_early=["worker 2"])


# --- what the master knows


def told(evidence: Evidence, requests: int, number: int = 2) -> None:
    """Make a worker report `requests` requests in the end, and the master's figures hold more than enough."""
    record = story_of(evidence)["master"]["record"]
    name = worker(evidence, number)["record"]["worker"]
    others = [report for report in record["reports"] if report["worker"] != name]
    own = [{"worker": name, "time": user_of(evidence, number)[0]["start"], "requests": requests}]
    own += [{"worker": name, "time": user_of(evidence, number)[-1]["end"] + 60, "requests": 0}]
    record["reports"] = [*others, *own]
    for row in record["figures"]["rows"]:
        row["requests"] = 10_000


def sent(evidence: Evidence, number: int) -> tuple[int, int]:
    """Return how many requests a worker has sent, and how many of them had surely been counted at the end."""
    visits = evidence.visits(worker(evidence, number)["journal"])
    return sum(map(len, visits)), sum(len(own) - 1 for own in visits)


@varied(BASE)
def a_report_that_is_just_complete(evidence: Evidence) -> None:
    """One request of each user may not have reached the master's figures yet."""
    told(evidence, sent(evidence, 2)[1] - story_of(evidence)["users"])


@varied(BASE, fails="stats", says=("worker 2 sent",))
def a_report_that_lacks_one_request(evidence: Evidence) -> None:
    """One request less than can be explained."""
    told(evidence, sent(evidence, 2)[1] - story_of(evidence)["users"] - 1)


@varied(BASE)
def a_report_of_all_that_was_sent(evidence: Evidence) -> None:
    """Each user may have one more request in flight, which the shop has not seen."""
    told(evidence, sent(evidence, 2)[0] + story_of(evidence)["users"])


@varied(BASE, fails="stats", says=("worker 2 sent",))
def a_report_of_more_than_was_sent(evidence: Evidence) -> None:
    """One request more than can be explained."""
    told(evidence, sent(evidence, 2)[0] + story_of(evidence)["users"] + 1)


@varied(BASE, fails="stats", says=("reported 0 of them",))
def nothing_reported_of_a_few_requests(evidence: Evidence) -> None:
    """Two requests of each user are few, but to report none of them is wrong."""
    for own in evidence.visits(worker(evidence, 2)["journal"]):
        evidence.drop(own[2:])
    told(evidence, 0)


def late_report(evidence: Evidence, lag: float) -> None:
    """Make the second worker report everything that its users sent more than `lag` seconds before its last report."""
    run = worker(evidence, 2)
    evidence.pace(run, lambda *_: 0.1)
    journal = [evidence.requests[number] for number in run["journal"]]
    last = min(own[-1]["start"] for own in evidence.visits(run["journal"]))
    told(evidence, sum(request["start"] < last - lag for request in journal))
    story_of(evidence)["master"]["record"]["reports"][-1]["time"] = last


@varied(BASE)
def a_report_that_is_a_second_and_a_half_behind(evidence: Evidence) -> None:
    """A busy master learns late about requests."""
    late_report(evidence, 1.5)


@varied(BASE, fails="stats", says=("worker 2 sent",))
def a_report_that_is_three_seconds_behind(evidence: Evidence) -> None:
    """Requests that were sent three seconds before the last report are in it."""
    late_report(evidence, 3.0)


@varied(BASE)
def figures_that_are_just_complete(evidence: Evidence) -> None:
    """The master's figures lack no more than a request of each user."""
    figures(evidence, -story_of(evidence)["users"])


@varied(BASE, fails="stats", says=("the master's figures hold",))
def figures_that_lack_one_request(evidence: Evidence) -> None:
    """One request less than can be explained."""
    figures(evidence, -story_of(evidence)["users"] - 1)


def figures(evidence: Evidence, difference: int) -> None:
    """Make both workers report everything, and the figures hold what had surely been counted, plus a difference."""
    for number in (1, 2):
        told(evidence, sent(evidence, number)[0], number)
    first, *others = story_of(evidence)["master"]["record"]["figures"]["rows"]
    first["requests"] = sent(evidence, 1)[1] + sent(evidence, 2)[1] + difference
    for row in others:
        row["requests"] = 0


# --- a worker is killed


@varied(BASE, fails="survives", says=("then worker 2 ended too",))
def the_other_worker_ends_too(evidence: Evidence) -> None:
    """All had been at work, then a worker was killed and the other one ended on its own."""
    story_of(evidence)["ended_early"] = ["worker 2"]


@varied(BASE, fails="survives", says=("had not noticed after 20 s",))
def a_loss_that_goes_unnoticed(evidence: Evidence) -> None:
    """The master did not miss the worker in several times the seconds that Locust takes."""
    story_of(evidence).update(lost_at=None, goes_on=False)


@varied(BASE, fails="survives", says=("had not noticed after what was left of the time",))
def a_loss_that_goes_unnoticed_to_the_end(evidence: Evidence) -> None:
    """The master had not missed the worker when time was up."""
    story_of(evidence).update(lost_at=None, goes_on=False, out_of_time=True)


@varied(BASE, unclear="survives")
def a_loss_that_goes_unnoticed_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but the machine is busy."""
    a_loss_that_goes_unnoticed_to_the_end.change(evidence)
    strained(evidence)


@varied(BASE, fails="survives", says=("then nothing more",))
def users_that_stop_with_the_other_worker(evidence: Evidence) -> None:
    """The other worker's users send no more."""
    story_of(evidence)["goes_on"] = False


@varied(BASE, fails="survives", says=("until time was up",))
def users_that_are_slow_after_the_loss(evidence: Evidence) -> None:
    """Time was up before the other worker's users had gone on for long enough."""
    story_of(evidence).update(goes_on=False, out_of_time=True)


@varied(BASE, unclear="survives")
def users_that_are_slow_after_the_loss_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but the machine is busy."""
    users_that_are_slow_after_the_loss.change(evidence)
    strained(evidence)


@varied(BASE, fails="survives", says=("the master left no figures",))
def a_master_without_figures(evidence: Evidence) -> None:
    """The master did not end when it was told to."""
    story_of(evidence)["master"]["record"]["figures"] = None
