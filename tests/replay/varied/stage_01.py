"""Stage 01: users that pause just long enough, that send just too few requests, that fail now and then."""

import math
from typing import Any

from checks.lab.lab import COMPRESSION
from tests.replay.variations import Evidence, varied

PAUSES, SLEEPS = "01_sequential_flows/right/fast_http_user", "01_sequential_flows/right/sleeps_in_its_tasks"


def run_of(evidence: Evidence) -> Any:
    return evidence.made("run")


def pets(evidence: Evidence, user: int) -> list[Any]:
    return [one for one in evidence.visits(run_of(evidence)["journal"])[user] if one["method"] == "POST"]


def lasting(evidence: Evidence, *lengths: int, asked: float = 2.0, noise: float = 0.0) -> None:
    """Make the n-th user send the n-th number of requests, all others as many as the last number; the rest is right.

    Each waits `asked` seconds and a little, compressed, and the machine adds some `noise`.
    """
    run = run_of(evidence)
    evidence.cut(run, lengths)
    evidence.pace(run, lambda _, position: (asked + drawn(position - 1)) / COMPRESSION + noise)
    evidence.wait(run, lambda _, position: asked + drawn(position))
    for user in range(run["users"]):
        for number, pet in enumerate(pets(evidence, user)):
            pet["json"] = {**pet["json"], "name": f"Pet {1000 * user + number}"}
    figures_follow(evidence)


def drawn(position: int) -> float:
    """Return by how much a user's n-th pause is longer than its first: no two in a row are the same."""
    return 0.02 * (position % 3)


def figures_follow(evidence: Evidence, more: int = 0) -> None:
    """Make Locust's figures hold the requests of the journal, and `more` additional ones."""
    run = run_of(evidence)
    count = sum(evidence.requests[number] is not None for number in run["journal"])
    first, *others = run["record"]["figures"]["rows"]
    first["requests"] = count + more - sum(row["requests"] for row in others)


def named(evidence: Evidence, names: list[int]) -> None:
    """Give the pets of the second user these names."""
    lasting(evidence, 2 * len(names))
    for pet, name in zip(pets(evidence, 1), names, strict=True):
        pet["json"] = {**pet["json"], "name": f"Pet {name}"}


# --- how Locust ended


@varied(PAUSES, unclear="loads")
def a_signal_from_outside(evidence: Evidence) -> None:
    """A SIGKILL that the grader had not sent ended Locust."""
    run_of(evidence).update(ending="SIGNAL", exit_code=-9)


@varied(PAUSES, fails="loads", says=("took more memory",))
def a_limit_of_the_cell(evidence: Evidence) -> None:
    """The grader ended Locust, for its memory."""
    run_of(evidence).update(broken="took more memory than 2 GB", exit_code=-9)


@varied(PAUSES, unclear="loads")
def no_request_in_time(evidence: Evidence) -> None:
    """The machine is so busy that no user sent its first request."""
    run_of(evidence).update(journal=[], ending="LIMIT", log="")


@varied(PAUSES, fails="loads", says=("sent no request",))
def no_request_at_all(evidence: Evidence) -> None:
    """The users run on and send nothing."""
    run_of(evidence).update(journal=[], ending="SILENCE")


@varied(PAUSES, fails="loads", says=("still reading the file",))
def traffic_while_the_file_is_read(evidence: Evidence) -> None:
    """Requests come, and Locust knows no user class."""
    run_of(evidence)["record"]["users"] = []


@varied(PAUSES, fails="loads", says=("still reading the file after",))
def a_loop_at_the_top_of_the_file(evidence: Evidence) -> None:
    """Locust has begun to read the file and never finishes."""
    run = run_of(evidence)
    run.update(journal=[], ending="LIMIT")
    run["record"]["users"] = []


@varied(PAUSES, fails="loads", says=("without a word",))
def an_end_without_a_word(evidence: Evidence) -> None:
    """The file ends the process while it is read."""
    run = run_of(evidence)
    run.update(journal=[], log="\n", ending="EXIT")
    run["record"]["users"] = []


@varied(PAUSES, unclear="loads")
def locust_itself_is_not_loaded_in_time(evidence: Evidence) -> None:
    """The machine is so busy that Locust is not loaded when time is up."""
    run = run_of(evidence)
    run.update(journal=[], ending="LIMIT", was_loaded=False, log="")
    run["record"].update(users=[], began=math.inf)


@varied(PAUSES, fails="loads", says=("with status 1", "Too many open files"))
def locust_ends_and_says_why(evidence: Evidence) -> None:
    """Locust ends before it knows a user class, has printed something, and starts when it has no file to read."""
    ended(evidence)


@varied(PAUSES, unclear="loads")
def locust_ends_whatever_it_reads(evidence: Evidence) -> None:
    """The same, but Locust doesn't start without a file, either: this machine does not let it."""
    ended(evidence)["can_start"] = False


def ended(evidence: Evidence) -> Any:
    """Make Locust end before it knows a user class; return the run."""
    run = run_of(evidence)
    run.update(journal=[], exit_code=1, log="OSError: [Errno 24] Too many open files\n")
    run["record"]["users"] = []
    return run


@varied(PAUSES, fails="loads", says=("Locust ended while it read the files: OSError",))
def a_crash_in_no_line_of_the_learner(evidence: Evidence) -> None:
    """The files can't be read, and no line of them is to blame."""
    run_of(evidence)["record"]["crash"] = {"file": "", "line": 0, "error": "OSError", "url": "", "path": ""}


def silent(evidence: Evidence, loading: float, importing: float) -> None:
    """Make time run out without a request, with these seconds for reading the file and for the import before it."""
    run = run_of(evidence)
    run.update(journal=[], ending="LIMIT", log="", importing=importing)
    run["declared_after"] = importing + loading
    run["record"].update(began=100.0, declared=100.0 + loading)


@varied(PAUSES, unclear="loads")
def a_file_that_is_slow_on_a_slow_machine(evidence: Evidence) -> None:
    """19 s for a file are not much if importing Locust took a second."""
    silent(evidence, 19.0, 1.0)


@varied(PAUSES, fails="loads", says=("read the file for 21 s",))
def a_file_that_is_slower_than_the_machine(evidence: Evidence) -> None:
    """21 s are too much in that case."""
    silent(evidence, 21.0, 1.0)


@varied(PAUSES, fails="loads", says=("read the file for 21 s",))
def a_file_that_says_it_was_quick(evidence: Evidence) -> None:
    """The submission can write the record; what counts is when the grader saw that the file was read."""
    silent(evidence, 21.0, 1.0)
    run_of(evidence)["record"]["declared"] = 101.0


@varied(PAUSES, fails="loads", says=("super().__init__(*args)",))
def a_class_without_its_base(evidence: Evidence) -> None:
    """A user class forgets the base constructor, and Locust says so."""
    run = run_of(evidence)
    said = "Attribute 'environment' is missing on user <User>. Perhaps you forgot to call the base constructor?"
    run.update(journal=[], ending="SILENCE", log=f"{said}\n")


@varied(PAUSES, fails="loads", says=("the users ask http://127.0.0.1:1",))
def requests_that_all_stray(evidence: Evidence) -> None:
    """No request reaches the shop that grades."""
    run = run_of(evidence)
    run.update(journal=[], ending="SILENCE")
    run["record"]["strays"] = [{"file": "", "line": 0, "error": "", "url": "http://127.0.0.1:1", "path": ""}]


# --- which users are there, and what they send


@varied(PAUSES, fails="host")
def the_second_class_has_another_host(evidence: Evidence) -> None:
    """Of two user classes the second is written for another port."""
    users = run_of(evidence)["record"]["users"]
    users.append({**users[0], "name": "Other", "host": "http://127.0.0.1:8089"})


@varied(PAUSES, fails="adds", says=("user 2 sent no POST /pets",))
def the_second_user_adds_nothing(evidence: Evidence) -> None:
    """One user, not the first, only opens the dashboard."""
    for pet in pets(evidence, 1):
        pet.update(method="GET", path="/")


@varied(PAUSES, fails="adds", says=("answered 400",))
def one_pet_is_refused(evidence: Evidence) -> None:
    """The second pet of a user has no category."""
    pets(evidence, 1)[1]["status"] = 400


@varied(PAUSES, fails="order", says=("user 2", "number 5 is out of turn"))
def the_second_user_skips_a_pet(evidence: Evidence) -> None:
    """One user, not the first, leaves out a step."""
    lasting(evidence, 20)
    evidence.drop([pets(evidence, 1)[2]])


@varied(PAUSES, fails="order", says=("user 2", "number 6 is out of turn"))
def one_dashboard_is_refused(evidence: Evidence) -> None:
    """The right request at the right time, answered by an error."""
    evidence.visits(run_of(evidence)["journal"])[1][5]["status"] = 400


@varied(PAUSES, fails="order", says=("nothing more",))
def two_rounds_and_a_half(evidence: Evidence) -> None:
    """All users stop after five requests: fewer than three rounds are no evidence of "again and again"."""
    lasting(evidence, 5)


@varied(PAUSES)
def three_rounds(evidence: Evidence) -> None:
    """Six requests of each user are enough."""
    lasting(evidence, 6)


@varied(PAUSES, fails="order", says=("user 2", "nothing more"))
def one_user_stops_early(evidence: Evidence) -> None:
    """One user sends a little less than a third of what the busiest one sends."""
    lasting(evidence, 30, 9, 30)


@varied(PAUSES)
def one_user_is_slow(evidence: Evidence) -> None:
    """One user sends a third of what the busiest one sends."""
    lasting(evidence, 30, 10, 30)


@varied(PAUSES, unclear="order")
def one_user_starves(evidence: Evidence) -> None:
    """One user sent only a few requests before time was up: the machine is busy, as Locust's import shows."""
    slow(evidence)["importing"] = 4.1


def slow(evidence: Evidence) -> Any:
    """Make time run out before one user sent more than a few requests; return the run."""
    lasting(evidence, 30, 4, 30)
    run = run_of(evidence)
    run.update(ending="LIMIT", importing=3.9)
    return run


@varied(PAUSES, unclear="order")
def a_machine_that_stands_still(evidence: Evidence) -> None:
    """The same, but the grader itself was kept waiting."""
    slow(evidence)["standstill"] = 5.1


@varied(PAUSES, unclear="order")
def a_shop_that_is_slow(evidence: Evidence) -> None:
    """The same, but the shop, which is the grader's own, took long for each answer."""
    for own in evidence.visits(slow(evidence)["journal"]):
        for position, request in enumerate(own):
            request["start"] += 1.1 * position
            request["end"] = request["start"] + 1.1


@varied(PAUSES, fails="order", says=("came to 4 requests", "out of the tasks"))
def one_user_is_slow_by_itself(evidence: Evidence) -> None:
    """Nothing shows that the machine was busy."""
    slow(evidence)["standstill"] = 4.9


@varied(PAUSES, fails="order", says=("nothing more",))
def all_fall_silent(evidence: Evidence) -> None:
    """After many rounds no more requests come, though Locust runs on."""
    run_of(evidence)["ending"] = "SILENCE"


# --- names


@varied(PAUSES, fails="fresh_names", says=("5 of", "'Pet 1'"))
def five_names_come_again(evidence: Evidence) -> None:
    """Five repeats in a user's first sixteen names, the last of them late: chance does not do that."""
    named(evidence, [*range(1, 12), 1, 2, 3, 4, 5])


@varied(PAUSES)
def four_names_come_again(evidence: Evidence) -> None:
    """Four repeats come up by chance now and then."""
    named(evidence, [*range(1, 13), 1, 2, 3, 4])


@varied(PAUSES)
def names_come_again_in_a_long_run(evidence: Evidence) -> None:
    """Only a user's first sixteen names count: in a run that is hard to end, chance repeats many more."""
    named(evidence, [*range(1, 17), 1, 2, 3, 4, 5, 6])


# --- think time


def slept(evidence: Evidence, gap: float, late: float = 0.0, each: int = 1000) -> None:
    """Give all users the same sleeps of their own, except each n-th sleep, which is `late`."""
    lasting(evidence, 40)
    evidence.pace(run_of(evidence), lambda _, position: gap + drawn(position - 1) if position % each else late or gap)
    run_of(evidence)["record"]["waits"] = []


@varied(PAUSES, fails="think_time", says=("are the same, 2.00 s",))
def the_same_think_time_each_time(evidence: Evidence) -> None:
    """Each pause takes exactly 2 s: it was not drawn at random."""
    lasting(evidence, 40)
    evidence.wait(run_of(evidence), lambda *_: 2.0)


@varied(PAUSES, fails="think_time", says=("0.85 s",))
def think_times_a_little_too_short(evidence: Evidence) -> None:
    """0.85 s are less than 1 s, even on a clock that is a little fast, or a machine that is a little slow."""
    lasting(evidence, 40, asked=0.85, noise=0.1)


@varied(PAUSES, fails="think_time", says=("0.50 s",))
def the_second_user_pauses_too_short(evidence: Evidence) -> None:
    """One user, not the first, waits for half a second."""
    lasting(evidence, 40)
    evidence.wait(run_of(evidence), lambda user, position: (0.5 if user == 1 else 2.0) + drawn(position))


@varied(PAUSES)
def think_times_just_long_enough(evidence: Evidence) -> None:
    """0.93 s may be 1 s that a timer has cut short."""
    lasting(evidence, 40, asked=0.93)


@varied(PAUSES, fails="think_time", says=("3.05 s",))
def think_times_a_little_too_long(evidence: Evidence) -> None:
    """What Locust was asked for is exact: 3.05 s are more than 3 s."""
    lasting(evidence, 40, asked=3.05)


@varied(SLEEPS)
def own_sleeps_of_three_seconds(evidence: Evidence) -> None:
    """A user's own sleep is measured: 3.05 s may be 3 s."""
    slept(evidence, 3.05)


@varied(SLEEPS, fails="think_time", says=("3.15 s",))
def own_sleeps_that_are_too_long(evidence: Evidence) -> None:
    """3.15 s of sleep each time are more than 3 s."""
    slept(evidence, 3.15)


@varied(SLEEPS, fails="think_time", says=("3.30 s",))
def own_sleeps_too_long_each_fifth_time(evidence: Evidence) -> None:
    """A fifth of the sleeps takes 3.3 s: more than a busy machine makes late."""
    slept(evidence, 2.0, late=3.3, each=5)


@varied(SLEEPS)
def own_sleeps_late_each_tenth_time(evidence: Evidence) -> None:
    """A tenth of the sleeps takes 3.3 s: a busy machine does that."""
    slept(evidence, 2.0, late=3.3, each=10)


@varied(SLEEPS)
def own_sleeps_a_little_late_each_fifth_time(evidence: Evidence) -> None:
    """A fifth of the sleeps takes 3.15 s: measured, that may be 3 s."""
    slept(evidence, 2.0, late=3.15, each=5)


@varied(PAUSES, fails="think_time", says=("less than it says",))
def think_times_that_are_only_claimed(evidence: Evidence) -> None:
    """The record says that users slept twice as long as passed between their requests."""
    lasting(evidence, 40)
    evidence.wait(run_of(evidence), lambda _, position: 2.0 + drawn(position), share=1.5)


@varied(PAUSES)
def timers_that_fire_early(evidence: Evidence) -> None:
    """A tenth less than was slept passed between the requests, by the target's clock."""
    lasting(evidence, 40)
    evidence.wait(run_of(evidence), lambda _, position: 2.0 + drawn(position), share=1.1)


@varied(PAUSES)
def waits_before_the_first_request(evidence: Evidence) -> None:
    """A user that waits in on_start, before the target has seen it, makes no pause that is judged."""
    lasting(evidence, 40)
    run = run_of(evidence)
    for own in evidence.visits(run["journal"]):
        first = {"visitor": own[0]["visitor"], "start": own[0]["start"] - 1, "asked": 9.0, "actual": 0.2}
        run["record"]["waits"].append(first)


@varied(PAUSES)
def noise_of_a_busy_machine(evidence: Evidence) -> None:
    """Each think time of 2.95 s is followed by 190 ms that the machine takes."""
    lasting(evidence, 40, asked=2.95, noise=0.19)


@varied(PAUSES, fails="think_time", says=("think times are off",))
def a_sleep_beside_the_wait(evidence: Evidence) -> None:
    """Of the think times of 2.9 s, four in five are followed by a sleep of 300 ms."""
    lasting(evidence, 40, asked=2.9)
    gap = 2.9 / COMPRESSION
    evidence.pace(run_of(evidence), lambda _, position: gap if position % 5 == 0 else gap + 0.3)
    evidence.wait(run_of(evidence), lambda _, position: 2.9 + drawn(position))


# --- Locust's report


@varied(PAUSES, fails="report", says=("locustfile.py, line 7", "NameError"))
def tasks_that_end_in_an_error(evidence: Evidence) -> None:
    """A task sends its request, and then stumbles."""
    fault = {"file": "locustfile.py", "line": 7, "error": "NameError: name 'x' is not defined"}
    run_of(evidence)["record"]["errors"] = [fault]


@varied(PAUSES, fails="report", says=("left no report",))
def no_report_at_all(evidence: Evidence) -> None:
    """Locust was killed before it could report."""
    run_of(evidence)["record"]["figures"] = None


@varied(PAUSES)
def one_request_of_each_user_in_flight(evidence: Evidence) -> None:
    """At the end each user has a request in flight, which Locust does not count."""
    figures_follow(evidence, -run_of(evidence)["users"])


@varied(PAUSES, fails="report", says=("Locust reports",))
def one_request_too_few_in_the_report(evidence: Evidence) -> None:
    """Locust has counted one request less than can be explained."""
    figures_follow(evidence, -run_of(evidence)["users"] - 1)


@varied(PAUSES, fails="order", says=("and nothing more",))
def a_user_that_stopped_and_was_replaced(evidence: Evidence) -> None:
    """A user stopped after a round while others were still to start, so Locust started one in its place."""
    for request in evidence.visits(run_of(evidence)["journal"])[0][:2]:
        request["visitor"] = "stopped"
    run_of(evidence)["ending"] = "SILENCE"


@varied(PAUSES, fails="users", says=("visitors",))
def a_cookie_that_is_lost_after_each_round(evidence: Evidence) -> None:
    """The same, but users go on: they were not replaced."""
    for request in evidence.visits(run_of(evidence)["journal"])[0][:2]:
        request["visitor"] = "lost"


@varied(PAUSES, fails="users", says=("visitors",))
def a_cookie_that_is_lost_after_one_request(evidence: Evidence) -> None:
    """One more visitor, which has no round behind it: the user's first request was sent with a client of its own."""
    evidence.visits(run_of(evidence)["journal"])[0][0]["visitor"] = "lost"


# --- think times on a machine that is too busy


@varied(PAUSES, unclear="think_time")
def noise_while_the_machine_stands_still(evidence: Evidence) -> None:
    """The users ask for the right think times, and the machine adds 1.5 s to each."""
    lasting(evidence, 24, noise=1.5)
    run_of(evidence)["standstill"] = 9.0


@varied(PAUSES, fails="think_time", says=("think times are off",))
def sleeps_besides(evidence: Evidence) -> None:
    """The users ask for the right think times and sleep for 1.5 s besides, on a machine that is idle."""
    lasting(evidence, 24, noise=1.5)


@varied(PAUSES, fails="think_time", says=("think times are off",))
def no_think_time_while_the_machine_stands_still(evidence: Evidence) -> None:
    """The users ask for too short think times: no machine is to blame for that."""
    lasting(evidence, 24, asked=0.2)
    run_of(evidence)["standstill"] = 9.0


@varied(PAUSES)
def right_think_times_while_the_machine_stands_still(evidence: Evidence) -> None:
    """The users ask for the right think times and get them, though the machine once stood still."""
    lasting(evidence, 24)
    run_of(evidence)["standstill"] = 9.0


@varied(PAUSES, fails="think_time", says=("think times are off",))
def too_long_think_times_while_the_machine_stands_still(evidence: Evidence) -> None:
    """The users ask for too long think times: no machine is to blame for that."""
    lasting(evidence, 24, asked=4.0)
    run_of(evidence)["standstill"] = 9.0


@varied(PAUSES, fails="think_time", says=("think times are off",))
def some_too_long_think_times_while_the_machine_stands_still(evidence: Evidence) -> None:
    """The users ask for a too long think time now and then: no machine is to blame for that either."""
    lasting(evidence, 24)
    run = run_of(evidence)
    evidence.pace(run, lambda _, position: (4.0 if position % 5 == 1 else 2.0 + drawn(position - 1)) / COMPRESSION)
    evidence.wait(run, lambda _, position: 4.0 if position % 5 == 0 else 2.0 + drawn(position))
    run["standstill"] = 9.0
