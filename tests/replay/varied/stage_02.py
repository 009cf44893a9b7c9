"""Stage 02: crowds that come late, pauses of a millisecond, findings just beside the truth."""

from itertools import pairwise
from typing import Any

from petshop_app import mystery
from tests.replay.variations import Evidence, varied

BASE = "02_stress_test/right/no_wait_time"
NAME, SMALL, LARGE = "José", "anna", "carl"  # the last two have shops of 11 and of 30 seats
FAULT = {"file": "locustfile.py", "line": 3, "error": "NameError: name 'x' is not defined", "url": "", "path": ""}
USERS = 200


def crowd_of(evidence: Evidence) -> Any:
    return evidence.part("trial", "crowd")


def pair_of(evidence: Evidence) -> Any:
    return evidence.part("trial", "pair")["run"]


# --- 200 users


@varied(BASE, fails="loads", says=("NameError",))
def a_file_that_stumbles(evidence: Evidence) -> None:
    """The file can't be loaded."""
    crowd_of(evidence)["record"]["crash"] = FAULT


@varied(BASE, fails="loads", says=("a request goes to http://127.0.0.1:5000",))
def one_request_that_strays(evidence: Evidence) -> None:
    """All but one request reach the shop that grades."""
    crowd_of(evidence)["record"]["strays"] = [{**FAULT, "url": "http://127.0.0.1:5000/pets"}]


def gave_up(evidence: Evidence, waiting: int, started: int = USERS) -> Any:
    """Make the gate never see 200 at once, and Locust say how many users it had started; return the run."""
    evidence.state("trial", "gate").update(passed=0, gave_up={"at": 0.0, "waiting": waiting})
    run = crowd_of(evidence)
    run["log"] = f"Ramping: {{'User': 50}} (50 total users)\nAll: {{'User': {started}}} ({started} total users)\n"
    return run


@varied(BASE, fails="users", says=("200 users were started, but no more than 150",))
def users_that_wait_for_each_other(evidence: Evidence) -> None:
    """A lock keeps 50 of 200 users from having a request in flight."""
    gave_up(evidence, 150)


def crowd_again(evidence: Evidence, held: bool, noise: list[float]) -> None:
    """Make Locust start only 150 users; say whether another crowd was complete, and how late the control was then."""
    gave_up(evidence, 150, 150)
    evidence.fixtures["trial"]["parts"]["crowd_again"] = [held, sorted(noise)]


@varied(BASE, unclear="users")
def a_machine_that_starts_too_few(evidence: Evidence) -> None:
    """The control, users that never pause, was late as well."""
    crowd_again(evidence, False, [0.016] * 80)


@varied(BASE, unclear="users")
def a_machine_that_stood_still(evidence: Evidence) -> None:
    """The control was late once, for a long time."""
    crowd_again(evidence, False, [*HONEST, 2.1])


@varied(BASE, unclear="users")
def a_machine_that_starts_nobody(evidence: Evidence) -> None:
    """The control sent only 19 requests."""
    crowd_again(evidence, False, HONEST[:19])


@varied(BASE, unclear="users")
def a_machine_that_starts_too_few_once(evidence: Evidence) -> None:
    """The next time all 200 are there."""
    crowd_again(evidence, True, HONEST)


@varied(BASE, fails="users", says=("were not held up", "__init__ or on_start"))
def a_submission_that_starts_too_few(evidence: Evidence) -> None:
    """The control was quick at the same time. The submission can write anything about users into Locust's log."""
    crowd_again(evidence, False, [*HONEST[:60], *[0.014] * 19, 1.9])


@varied(BASE, fails="users", says=("the shape Steps decides",))
def a_shape_with_too_few(evidence: Evidence) -> None:
    """A shape asks for 150 users."""
    gave_up(evidence, 150, 150)["record"]["shape"] = "Steps"


@varied(BASE, fails="users", says=("200 users were started",))
def a_shape_with_enough(evidence: Evidence) -> None:
    """A shape asks for 200 users, who wait for each other."""
    gave_up(evidence, 150)["record"]["shape"] = "Steps"


@varied(BASE, fails="users", says=("has a fixed_count",))
def a_fixed_count_that_is_too_small(evidence: Evidence) -> None:
    """A class has a fixed count of users."""
    gave_up(evidence, 150, 150)["record"]["users"][0]["fixed_count"] = 150


@varied(BASE, fails="users", says=("200 users were started",))
def a_fixed_count_that_is_enough(evidence: Evidence) -> None:
    """A class has a fixed count of 200 users, who wait for each other."""
    gave_up(evidence, 150)["record"]["users"][0]["fixed_count"] = 200


@varied(BASE, fails="users", says=("Locust ended by itself",))
def an_end_before_all_are_there(evidence: Evidence) -> None:
    """The file ends the test while Locust starts its users."""
    gave_up(evidence, 150, 150)["ending"] = "EXIT"


def late_ones(evidence: Evidence) -> tuple[float, int]:
    """Return a moment between the rounds at the gate, and how many visitors were answered after it."""
    journal = evidence.of(crowd_of(evidence)["journal"])
    ends = sorted(request["end"] for request in journal)
    at = ends[len(ends) // 2]
    return at, len({request["visitor"] for request in journal if request["end"] > at})


@varied(BASE, fails="users", says=("then no more than",))
def users_that_come_when_the_others_are_through(evidence: Evidence) -> None:
    """The gate gave up after a round, and then one more came than had waited at it."""
    at, count = late_ones(evidence)
    evidence.state("trial", "gate").update(passed=1, gave_up={"at": at, "waiting": count - 1})
    crowd_of(evidence)["log"] = "All: {'User': 200} (200 total users)\n"


@varied(BASE, fails="goes_on", says=("users stopped",))
def users_that_stop(evidence: Evidence) -> None:
    """The gate gave up after a round, and only users came that had already waited at it."""
    at, count = late_ones(evidence)
    evidence.state("trial", "gate").update(passed=1, gave_up={"at": at, "waiting": count})


@varied(BASE, fails="goes_on", says=("200 of 200 users stopped, such as one after 2 requests",))
def users_that_all_stop(evidence: Evidence) -> None:
    """The gate gave up with nobody at it, and nobody came after that; the message shows which user stopped first."""
    evidence.drop(evidence.visits(crowd_of(evidence)["journal"])[7][2:])
    evidence.state("trial", "gate").update(passed=1, gave_up={"at": 1e9, "waiting": 0})


@varied(BASE, fails="goes_on", says=("Locust ended by itself",))
def an_end_while_the_last_ones_come(evidence: Evidence) -> None:
    """Locust ended, and its last requests came when the gate had given up."""
    at, count = late_ones(evidence)
    evidence.state("trial", "gate").update(passed=1, gave_up={"at": at, "waiting": count - 1})
    crowd_of(evidence)["ending"] = "EXIT"


@varied(BASE, fails="users", says=("looked like 199 visitors",))
def one_visitor_too_few(evidence: Evidence) -> None:
    """One user is not seen."""
    evidence.drop(evidence.visits(crowd_of(evidence)["journal"])[7])


@varied(BASE, fails="users", says=("1 of them with two requests at once",))
def two_users_behind_one_client(evidence: Evidence) -> None:
    """One visitor sends a request before its last one is answered."""
    first, second, *_ = evidence.visits(crowd_of(evidence)["journal"])[7]
    second["start"] = (first["start"] + first["end"]) / 2


# --- two users


@varied(BASE, fails="goes_on", says=("Locust ended by itself",))
def an_end_with_two_users(evidence: Evidence) -> None:
    """The file ends the test of two users."""
    pair_of(evidence)["ending"] = "EXIT"


def served(evidence: Evidence) -> list[list[Any]]:
    """Return the requests of each of the two users who were not kept waiting."""
    return [own for own in evidence.visits(evidence.part("trial", "pair")["shown"]) if len(own) > 1]


def only_one(evidence: Evidence) -> Any:
    """Make one of the two send only its first request; return the run."""
    evidence.drop(served(evidence)[1][1:])
    return pair_of(evidence)


@varied(BASE, unclear="goes_on")
def only_one_of_two_in_time(evidence: Evidence) -> None:
    """Time was up before the second user sent its second request."""
    only_one(evidence)["ending"] = "LIMIT"
    beside(evidence, "pair", HONEST, HONEST)


@varied(BASE, fails="goes_on", says=("users sent 19 requests",))
def only_one_of_two_both_times(evidence: Evidence) -> None:
    """The same, and beside the control they get only 19 gaps."""
    only_one(evidence)["ending"] = "LIMIT"
    beside(evidence, "pair", HONEST[:19], HONEST)


@varied(BASE, fails="goes_on", says=("users ran for", "sent no request"))
def a_pair_that_sends_nothing(evidence: Evidence) -> None:
    """The crowd has worked, and the second time nobody sends anything."""
    watched = evidence.part("trial", "pair")
    watched["shown"] = watched["run"]["journal"] = []
    watched["run"]["ending"] = "SILENCE"


@varied(BASE)
def only_one_of_two_at_work(evidence: Evidence) -> None:
    """One of the two has not done anything yet, and there was time left: it need not have stopped."""
    only_one(evidence)


@varied(BASE, fails="goes_on", says=("200 of 200 users stopped",))
def nobody_goes_on(evidence: Evidence) -> None:
    """Each of the users sends a single request, and then nothing."""
    for own in served(evidence):
        evidence.drop(own[1:])
    pair_of(evidence)["ending"] = "SILENCE"


@varied(BASE, fails="goes_on", says=("sent no request",))
def nobody_begins_the_second_time(evidence: Evidence) -> None:
    """Users work in the first run, and send nothing in the second one."""
    run = pair_of(evidence)
    evidence.drop(evidence.of(run["journal"]))
    run["ending"] = "SILENCE"


@varied(BASE)
def both_at_the_last_moment(evidence: Evidence) -> None:
    """Time was up when both had been seen."""
    pair_of(evidence)["ending"] = "LIMIT"


def stopping(evidence: Evidence, later: int, sent: int = 30) -> None:
    """Make one of the two served users stop after some requests, and the other one send `later` more."""
    first, second = served(evidence)
    own = second[:sent]
    evidence.drop(second[len(own) :])
    after = [request for request in first if request["start"] > own[-1]["end"]]
    evidence.drop(after[later:])
    for number in range(later - len(after)):
        end = after[-1]["end"] + number / 100
        another(evidence, after[-1], end + 0.001, end + 0.009)


def another(evidence: Evidence, like: Any, start: float, end: float) -> Any:
    """Make a user send one more request of the same kind, which Locust counts."""
    pair = evidence.part("trial", "pair")
    request = evidence.add([pair["shown"], pair["run"]["journal"]], like, start=start, end=end)
    counted = pair["run"]["record"]["counted"]
    counted.append({**counted[-1], "request": request["id"]})
    return request


@varied(BASE)
def one_user_is_silent_for_a_hundred(evidence: Evidence) -> None:
    """A hundred answers to the other one are no proof."""
    stopping(evidence, 100)


@varied(BASE, fails="goes_on", says=("1 of 2 users stopped",))
def one_user_is_silent_for_more(evidence: Evidence) -> None:
    """A user that is silent while the other one gets more than a hundred answers has stopped."""
    stopping(evidence, 101)


@varied(BASE, fails="goes_on", says=("1 of 2 users stopped", "after 2 requests"))
def one_user_stops_at_once(evidence: Evidence) -> None:
    """A user that was served once, and then stopped."""
    stopping(evidence, 101, sent=2)


@varied(BASE, fails="goes_on", says=("2 of 2 users stopped",))
def both_fall_silent(evidence: Evidence) -> None:
    """Both users stop."""
    pair_of(evidence)["ending"] = "SILENCE"


def waiting(evidence: Evidence, seconds: float) -> None:
    first = evidence.of(pair_of(evidence)["journal"])[0]
    wait = {"visitor": first["visitor"], "start": first["end"], "asked": seconds, "actual": seconds / 40}
    pair_of(evidence)["record"]["waits"] = [wait]


@varied(BASE, fails="no_pause", says=("users wait after a task, 1 time ",))
def a_wait_of_a_millisecond_and_a_half(evidence: Evidence) -> None:
    """1.5 ms once are a think time."""
    waiting(evidence, 0.0015)


@varied(BASE)
def a_wait_of_less_than_a_millisecond(evidence: Evidence) -> None:
    """0.7 ms are none."""
    waiting(evidence, 0.0007)


@varied(BASE, fails="no_pause", says=("users wait after a task, 1 time ",))
def a_wait_of_one_user_of_200(evidence: Evidence) -> None:
    """One user waits only when all 200 are served."""
    crowd = crowd_of(evidence)
    first = evidence.of(crowd["journal"])[0]
    crowd["record"]["waits"] = [{"visitor": first["visitor"], "start": first["end"], "asked": 1.0, "actual": 0.025}]


# --- sleeps of their own


HONEST = [0.002] * 80  # seconds between an answer and the next request if nobody pauses
ASLEEP = [9.0] * 80
STEP = "between GET / and GET /"


def beside(evidence: Evidence, name: str, own: list[float], control: list[float]) -> None:
    """Set how late users were when they were watched again, and how late the control was at the same time."""
    evidence.part("trial", f"{name}_beside_control")[:] = [{STEP: sorted(own)}, {STEP: sorted(control)}]


def pair_late(evidence: Evidence, gaps: list[float], again: list[float] = ASLEEP, noise: list[float] = HONEST) -> None:
    """Set how late the two served users were, in turn, once all 200 were there; the crowd does not pause.

    `again` is how late they are when they are watched beside the control, whose gaps are `noise`. By default they sleep
    then, which reveals a grader that watches them again without need.
    """
    single_file(evidence, HONEST)
    beside(evidence, "pair", again, noise)
    complete = max(own[0]["start"] for own in evidence.visits(evidence.part("trial", "pair")["shown"]))
    for number, own in enumerate(served(evidence)):
        late = gaps[number::2]
        evidence.drop(own[len(late) + 2 :])
        end = complete + 1
        for gap, request in zip([0.0, *late], own[1:], strict=False):
            request.update(method="GET", path="/", start=end + gap, end=end + gap + 0.002)
            end = request["end"]
    figures_follow(evidence)


def single_file(evidence: Evidence, gaps: list[float]) -> None:
    """Set how late 200 users were in the first and only single file; the list starts again at its end."""
    beside(evidence, "crowd", ASLEEP, HONEST)
    gate = evidence.state("trial", "gate")
    begin, end = gate["files"][0]
    gate["files"] = gate["files"][:1]
    number = 0
    for own in evidence.visits(crowd_of(evidence)["journal"]):
        now = 0.0
        for before, after in pairwise(own):
            after["start"] = max(after["start"], now)
            if begin <= before["end"] <= end:
                before.update(method="GET", path="/")
                after.update(method="GET", path="/", start=before["end"] + gaps[number % len(gaps)])
                after["end"] = max(after["end"], after["start"], end) + 0.001
                number += 1
            after["end"] = max(after["end"], after["start"] + 0.001)
            now = after["end"] + 0.001


def crowd_late(evidence: Evidence, gaps: list[float], again: list[float] = ASLEEP, noise: list[float] = HONEST) -> None:
    """Set how late 200 users were, at first and again; the two who are served alone do not pause."""
    pair_late(evidence, HONEST)
    single_file(evidence, gaps)
    beside(evidence, "crowd", again, noise)


@varied(BASE, unclear="no_pause")
def a_crowd_beside_late_users_of_the_graders(evidence: Evidence) -> None:
    """All 200 are late, and so is, as a rule, the control, though a quarter of its requests are quick."""
    crowd_late(evidence, ASLEEP, noise=sorted([0.008] * 10 + [0.14] * 30))


@varied(BASE)
def users_that_are_quick(evidence: Evidence) -> None:
    """4 ms each time are normal for a machine: no user has to be watched again."""
    pair_late(evidence, [0.004] * 80)


@varied(BASE, fails="no_pause", says=("8 ms pass between GET / and GET /",))
def users_that_sleep_for_some_milliseconds(evidence: Evidence) -> None:
    """8 ms each time are a sleep if the control is 2 ms late."""
    pair_late(evidence, [0.008] * 80, again=[0.008] * 80)


@varied(BASE)
def users_that_are_late_once(evidence: Evidence) -> None:
    """8 ms each time, but not when they were watched again."""
    pair_late(evidence, [0.008] * 80, again=HONEST)


@varied(BASE, unclear="no_pause")
def users_that_may_be_late_by_themselves(evidence: Evidence) -> None:
    """6.5 ms may be the machine's as well as their own if the control is 2 ms late."""
    pair_late(evidence, [0.008] * 80, again=[0.0065] * 80)


@varied(BASE, unclear="no_pause")
def users_that_are_late_as_others_are(evidence: Evidence) -> None:
    """8 ms may be the machine's if the control is 4 ms late."""
    pair_late(evidence, [0.008] * 80, again=[0.008] * 80, noise=[0.004] * 80)


@varied(BASE, unclear="no_pause")
def too_few_others_to_compare_with(evidence: Evidence) -> None:
    """19 gaps of the control say nothing."""
    pair_late(evidence, [0.008] * 80, noise=[0.002] * 19)


@varied(BASE, fails="no_pause", says=("9000 ms pass",))
def enough_others_to_compare_with(evidence: Evidence) -> None:
    """20 gaps are enough."""
    pair_late(evidence, [0.008] * 80, noise=[0.002] * 20)


@varied(BASE)
def a_fortieth_that_is_quick(evidence: Evidence) -> None:
    """A user that sleeps for a fixed time is never quick: three of 80 gaps are quick."""
    pair_late(evidence, [0.001] * 3 + [0.01] * 77)


@varied(BASE, fails="no_pause", says=("10 ms pass",))
def less_than_a_fortieth_that_is_quick(evidence: Evidence) -> None:
    """Two of 80 gaps are measured wrongly at most."""
    gaps = [0.001] * 2 + [0.01] * 78
    pair_late(evidence, gaps, again=gaps)


@varied(BASE)
def a_quarter_that_is_quick(evidence: Evidence) -> None:
    """A busy machine makes three quarters of the gaps late, but not more."""
    pair_late(evidence, [0.001] * 21 + [0.03] * 59)


@varied(BASE, fails="no_pause", says=("30 ms pass",))
def less_than_a_quarter_that_is_quick(evidence: Evidence) -> None:
    """A sleep that is drawn by lot is short now and then."""
    gaps = [0.001] * 19 + [0.02] * 20 + [0.03] * 41
    pair_late(evidence, gaps, again=gaps)


@varied(BASE, unclear="no_pause")
def a_quarter_that_is_as_late_as_others_are(evidence: Evidence) -> None:
    """18 ms may be the machine's if the control is 2 ms late."""
    pair_late(evidence, [0.001] * 20 + [0.03] * 60, again=[0.001] * 20 + [0.018] * 60)


@varied(BASE, fails="no_pause", says=("20 ms pass",))
def a_quarter_that_is_later_than_others_are(evidence: Evidence) -> None:
    """20 ms are too many in that case."""
    pair_late(evidence, [0.001] * 20 + [0.03] * 60, again=[0.001] * 20 + [0.02] * 60)


@varied(BASE, unclear="no_pause")
def a_quarter_of_others_that_is_late(evidence: Evidence) -> None:
    """At most a quarter of the control's gaps is quick: 7.5 ms may be the machine's."""
    pair_late(evidence, [0.008] * 80, again=[0.0075] * 80, noise=[0.001] * 20 + [0.004] * 60)


@varied(BASE, fails="no_pause", says=("8 ms pass",))
def a_quarter_of_others_that_is_quick(evidence: Evidence) -> None:
    """A little more than a quarter is quick: 7.5 ms are their own."""
    pair_late(evidence, [0.008] * 80, again=[0.0075] * 80, noise=[0.001] * 21 + [0.004] * 59)


@varied(BASE, fails="no_pause", says=("9000 ms pass",))
def a_sleep_after_one_of_two_requests(evidence: Evidence) -> None:
    """Nothing passes before a pet is added, 8 ms before the dashboard is opened."""
    pair_late(evidence, [0.002, 0.002, 0.008, 0.008] * 20)
    for own in served(evidence):
        for request in own[2::2]:
            request.update(method="POST", path="/pets")


@varied(BASE)
def late_before_all_were_there(evidence: Evidence) -> None:
    """While Locust starts users, it neglects those that are running already."""
    pair_late(evidence, [0.6] * 10 + HONEST)
    first, second = served(evidence)
    visits = evidence.visits(evidence.part("trial", "pair")["shown"])
    last = next(own for own in visits if own[0]["visitor"] not in (first[0]["visitor"], second[0]["visitor"]))
    last[0]["start"] = max(first[6]["end"], second[6]["end"]) + 0.001
    last[0]["end"] = last[0]["start"] + 0.001


@varied(BASE)
def two_stalls_of_the_machine(evidence: Evidence) -> None:
    """A machine that stands still for 0.6 s twice delays each of two users twice."""
    pair_late(evidence, HONEST + [0.6] * 4)


@varied(BASE, fails="no_pause", says=("5 times a user was silent for more than 0.5 s",))
def sleeps_now_and_then(evidence: Evidence) -> None:
    """Five times is no chance if the control is never late."""
    gaps = HONEST + [0.6] * 5
    pair_late(evidence, gaps, again=gaps)


@varied(BASE)
def many_short_stalls(evidence: Evidence) -> None:
    """Less than half a second may come as often as it likes, as long as a quarter is quick."""
    pair_late(evidence, HONEST[:40] + [0.45] * 40)


@varied(BASE, unclear="no_pause")
def stalls_that_others_have_too(evidence: Evidence) -> None:
    """If the control is silent once, two more silences may be the machine's."""
    gaps = HONEST + [0.6] * 6
    pair_late(evidence, gaps, again=gaps, noise=[*HONEST, 0.6])


@varied(BASE, fails="no_pause", says=("7 times a user was silent",))
def more_stalls_than_others_have(evidence: Evidence) -> None:
    """Three more are not."""
    gaps = HONEST + [0.6] * 7
    pair_late(evidence, gaps, again=gaps, noise=[*HONEST, 0.6])


@varied(BASE, fails="no_pause", says=("5 times a user was silent",))
def stalls_of_others_that_are_short(evidence: Evidence) -> None:
    """Less than half a second of others is no silence."""
    gaps = HONEST + [0.6] * 5
    pair_late(evidence, gaps, again=gaps, noise=[*HONEST, 0.45])


@varied(BASE, fails="no_pause", says=("600 ms pass",))
def a_few_long_sleeps_and_nothing_else(evidence: Evidence) -> None:
    """Each of the few gaps that there are is a long one."""
    pair_late(evidence, [0.6] * 3, again=[0.6] * 3)


@varied(BASE, unclear="no_pause")
def a_few_long_sleeps_and_a_quick_answer(evidence: Evidence) -> None:
    """One of the few gaps is quick: too few to judge by."""
    pair_late(evidence, [0.002, 0.6, 0.6, 0.6], again=HONEST)


@varied(BASE, unclear="no_pause")
def too_few_requests_to_judge_by(evidence: Evidence) -> None:
    """Both users are there, and the machine allows them only 19 gaps, none of them a long one."""
    pair_late(evidence, [0.4] * 19, again=HONEST)


@varied(BASE, fails="no_pause", says=("users sent 4 requests",))
def too_few_requests_both_times(evidence: Evidence) -> None:
    """Beside the control they get only four gaps, one of them quick."""
    pair_late(evidence, [0.002, 0.6, 0.6, 0.6], again=[0.002, 0.6, 0.6, 0.6])


@varied(BASE, unclear="no_pause")
def too_few_requests_of_everybody(evidence: Evidence) -> None:
    """The control gets no more, either."""
    pair_late(evidence, [0.4] * 19, again=[0.4] * 19, noise=[0.4] * 19)


@varied(BASE)
def just_enough_requests_to_judge_by(evidence: Evidence) -> None:
    """20 gaps are enough."""
    pair_late(evidence, HONEST[:20])


@varied(BASE, fails="no_pause", says=("30 ms pass",))
def just_enough_requests_to_see_a_sleep(evidence: Evidence) -> None:
    """Of 20 gaps each need not be a long one."""
    pair_late(evidence, [0.03] * 20, again=[0.03] * 20)


@varied(BASE)
def a_crowd_that_is_quick(evidence: Evidence) -> None:
    """9 ms each time are normal for a machine with 200 users."""
    crowd_late(evidence, [0.009])


@varied(BASE, fails="no_pause", says=("13 ms pass", "with 200 users too"))
def a_crowd_that_sleeps_for_some_milliseconds(evidence: Evidence) -> None:
    """13 ms each time are a sleep if the control is 2 ms late."""
    crowd_late(evidence, [0.013], again=[0.013] * 80)


@varied(BASE, unclear="no_pause")
def a_crowd_that_may_be_late_by_itself(evidence: Evidence) -> None:
    """11.5 ms may be the machine's if the control is 2 ms late."""
    crowd_late(evidence, [0.013], again=[0.0115] * 80)


@varied(BASE)
def a_crowd_that_is_late_once(evidence: Evidence) -> None:
    """13 ms each time, but not when they were watched again."""
    crowd_late(evidence, [0.013], again=HONEST)


@varied(BASE)
def a_quarter_of_a_crowd_that_is_quick(evidence: Evidence) -> None:
    """A busy machine makes three quarters of 200 late, but not more."""
    crowd_late(evidence, [0.001] * 51 + [0.04] * 149)


@varied(BASE, fails="no_pause", says=("40 ms pass",))
def less_than_a_quarter_of_a_crowd_that_is_quick(evidence: Evidence) -> None:
    """A sleep that is drawn by lot is short now and then, also with 200 users."""
    crowd_late(evidence, [0.001] * 50 + [0.04] * 150, again=[0.04] * 80)


@varied(BASE)
def two_stalls_of_a_machine_with_a_crowd(evidence: Evidence) -> None:
    """A machine that stands still for 0.3 s twice delays each of two abreast twice."""
    crowd_late(evidence, [0.002] * 196 + [0.3] * 4)


@varied(BASE, fails="no_pause", says=("5 times a user was silent for more than 0.25 s",))
def sleeps_now_and_then_in_a_crowd(evidence: Evidence) -> None:
    """Five times is no chance if the control is never late."""
    crowd_late(evidence, [0.002] * 195 + [0.3] * 5, again=HONEST + [0.3] * 5)


@varied(BASE, fails="no_pause", says=("9000 ms pass",))
def a_crowd_in_two_files(evidence: Evidence) -> None:
    """Users sleep in one of two single files, and do nothing in the other one."""
    crowd_late(evidence, [0.3])
    files = evidence.state("trial", "gate")["files"]
    files.append([files[0][1] + 1000, files[0][1] + 1001])


@varied(BASE, fails="no_pause", says=("9000 ms pass",))
def a_crowd_that_a_gate_gave_up_on(evidence: Evidence) -> None:
    """If not all users were let out in single file, everything that they did counts."""
    crowd_late(evidence, [0.3])
    gate = evidence.state("trial", "gate")
    gate.update(passed=2, gave_up={"at": gate["files"][0][1] - 0.1, "waiting": 0}, files=[])


# --- Locust's report


def figures_follow(evidence: Evidence, more: int = 0) -> None:
    """Make Locust's figures hold the requests of the journal, and `more` additional ones."""
    run = pair_of(evidence)
    first, *others = run["record"]["figures"]["rows"]
    first["requests"] = len(evidence.of(run["journal"])) + more - sum(row["requests"] for row in others)


def uncounted(evidence: Evidence, requests: int) -> None:
    """Make Locust miss this many of the requests that the shop had seen before it told Locust to end."""
    shown = evidence.of(evidence.part("trial", "pair")["shown"])
    missed = {request["id"] for request in shown[-requests:]}
    record = pair_of(evidence)["record"]
    record["counted"] = [count for count in record["counted"] if count["request"] not in missed]


@varied(BASE, fails="report", says=("NameError",))
def tasks_of_200_users_that_stumble(evidence: Evidence) -> None:
    """Only with 200 users a task ends in an error."""
    crowd_of(evidence)["record"]["errors"] = [FAULT]


@varied(BASE, fails="report", says=("NameError",))
def tasks_of_two_users_that_stumble(evidence: Evidence) -> None:
    """Only with two users a task ends in an error."""
    pair_of(evidence)["record"]["errors"] = [FAULT]


@varied(BASE, fails="report", says=("left no report",))
def no_report_at_all(evidence: Evidence) -> None:
    """Locust was killed before it could report."""
    pair_of(evidence)["record"]["figures"] = None


@varied(BASE, unclear="report")
def no_report_from_a_machine_that_stood_still(evidence: Evidence) -> None:
    """Locust was killed before it could report, and the grader itself was kept waiting."""
    pair_of(evidence)["record"]["figures"] = None
    pair_of(evidence).update(exit_code=-9, standstill=6.0)


@varied(BASE)
def one_request_of_each_user_in_flight(evidence: Evidence) -> None:
    """When the grader ended the run, each of the two had a request in flight, which Locust does not count."""
    uncounted(evidence, 2)


@varied(BASE, fails="report", says=("Locust reports",))
def one_request_too_few_in_the_report(evidence: Evidence) -> None:
    """Locust has counted one request less than can be explained."""
    uncounted(evidence, 3)


@varied(BASE)
def a_request_of_each_user_that_the_shop_has_not_seen(evidence: Evidence) -> None:
    """At the end each of 200 users may have sent a request that did not reach the shop any more."""
    figures_follow(evidence, USERS)


@varied(BASE, fails="report", says=("Locust reports",))
def requests_that_the_shop_has_not_seen(evidence: Evidence) -> None:
    """Locust has counted more than were sent."""
    figures_follow(evidence, USERS + 1)


@varied(BASE, fails="report", says=("counts as failed 1 time: too old",))
def a_failure_of_what_was_right(evidence: Evidence) -> None:
    """A good answer counts as failed."""
    failure = {"method": "GET", "name": "/", "message": "too old", "count": 1}
    pair_of(evidence)["record"]["figures"]["failures"] = [failure]


# --- findings


def found(evidence: Evidence, name: str = NAME, *, rate: float = 1.0, seats: float = 1.0, more: float = 0.0) -> None:
    """Make findings.toml wrong by these factors, and by `more` additional users."""
    limits = mystery.limits(name)
    evidence.files["findings.toml"] = (
        f'name = "{name}"\nmax_throughput_rps = {limits.throughput_rps * rate!r}\n'
        f"users_at_saturation = {limits.seats * seats + more!r}\n"
    )


@varied(BASE)
def findings_at_the_upper_end(evidence: Evidence) -> None:
    """15 % too much."""
    found(evidence, rate=1.15)


@varied(BASE)
def findings_at_the_lower_end(evidence: Evidence) -> None:
    """15 % too little."""
    found(evidence, rate=0.85)


@varied(BASE, fails="findings", says=("max_throughput_rps", "too high"))
def findings_above_the_upper_end(evidence: Evidence) -> None:
    """16 % too much."""
    found(evidence, rate=1.16)


@varied(BASE, fails="findings", says=("max_throughput_rps", "too low"))
def findings_below_the_lower_end(evidence: Evidence) -> None:
    """16 % too little."""
    found(evidence, rate=0.84)


@varied(BASE)
def two_users_too_many(evidence: Evidence) -> None:
    """Nobody raises the number of users in finer steps than two, even if the shop has few seats."""
    found(evidence, SMALL, more=2.0)


@varied(BASE)
def two_users_too_few(evidence: Evidence) -> None:
    """The same in the other direction."""
    found(evidence, SMALL, more=-2.0)


@varied(BASE, fails="findings", says=("users_at_saturation", "too high"))
def three_users_too_many(evidence: Evidence) -> None:
    """Three users are more than 15 % of few seats, and than a step."""
    found(evidence, SMALL, more=3.0)


@varied(BASE, fails="findings", says=("users_at_saturation", "too low"))
def three_users_too_few(evidence: Evidence) -> None:
    """The same in the other direction."""
    found(evidence, SMALL, more=-3.0)


@varied(BASE)
def many_seats_a_little_off(evidence: Evidence) -> None:
    """15 % of many seats are more than two users."""
    found(evidence, LARGE, seats=1.15)


@varied(BASE, fails="findings", says=("users_at_saturation", "too high"))
def many_seats_too_far_off(evidence: Evidence) -> None:
    """16 % of many seats are too many."""
    found(evidence, LARGE, seats=1.16)


@varied(BASE, fails="findings", says=("which nobody can measure",))
def no_throughput_at_all(evidence: Evidence) -> None:
    """Nobody measures 0 requests/s."""
    found(evidence, rate=0.0)


@varied(BASE, fails="findings", says=("is too high",))
def the_most_that_is_read(evidence: Evidence) -> None:
    """100 000 requests/s can be measured, though not of this shop."""
    found(evidence, rate=100_000 / mystery.limits(NAME).throughput_rps)


@varied(BASE, fails="findings", says=("which nobody can measure",))
def more_than_is_read(evidence: Evidence) -> None:
    """Nobody measures 150 000 requests/s."""
    found(evidence, rate=150_000 / mystery.limits(NAME).throughput_rps)


@varied(BASE, fails="findings", says=("without quotes",))
def a_truth_in_place_of_a_number(evidence: Evidence) -> None:
    """True is no number."""
    evidence.files["findings.toml"] = f'name = "{NAME}"\nmax_throughput_rps = true\nusers_at_saturation = 16\n'


@varied(BASE, fails="findings", says=("no name",))
def findings_without_a_name(evidence: Evidence) -> None:
    """The name is missing."""
    evidence.files["findings.toml"] = "max_throughput_rps = 42\nusers_at_saturation = 16\n"


def in_rare_steps(evidence: Evidence, late: float) -> None:
    """Make the pair ask for a different address each time, none with a number, and always be this late."""
    pair_late(evidence, [late] * 80, again=[late] * 80)
    names = (f"/{one}{two}" for one in "abcdefghijklm" for two in "abcdefghijklm")
    for own in served(evidence):
        for request in own[2:]:
            request["path"] = next(names)
    steps = {f"between GET /{one} and GET /{two}": [late] * 4 for one in "abcde" for two in "abcd"}
    evidence.part("trial", "pair_beside_control")[0] = steps


@varied(BASE, fails="no_pause", says=("200 ms pass between two requests that are seldom sent",))
def a_sleep_in_steps_that_never_come_twice(evidence: Evidence) -> None:
    """Each step came too rarely to be judged alone."""
    in_rare_steps(evidence, 0.2)


@varied(BASE)
def steps_that_never_come_twice(evidence: Evidence) -> None:
    """4 ms are normal for a machine, even in rare steps."""
    in_rare_steps(evidence, 0.004)
