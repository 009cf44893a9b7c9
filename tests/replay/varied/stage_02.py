"""Stage 02: crowds that come late, pauses of a millisecond, findings just beside the truth."""

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
    """Let the gate never have seen 200 at once, and Locust say how many it had started; return the run."""
    evidence.state("trial", "gate").update(passed=0, gave_up={"at": 0.0, "waiting": waiting})
    run = crowd_of(evidence)
    run["log"] = f"Ramping: {{'User': 50}} (50 total users)\nAll: {{'User': {started}}} ({started} total users)\n"
    return run


@varied(BASE, fails="users", says=("200 users were started, but no more than 150",))
def users_that_wait_for_each_other(evidence: Evidence) -> None:
    """A lock keeps 50 of 200 users from having a request on its way."""
    gave_up(evidence, 150)


@varied(BASE, unclear="users")
def a_machine_that_starts_too_few(evidence: Evidence) -> None:
    """Locust has come to 150 users only."""
    gave_up(evidence, 150, 150)


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
    gave_up(evidence, 150, 150)["ended_by_itself"] = True


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
    """The gate gave up after a round, and nobody came but those who had waited at it."""
    at, count = late_ones(evidence)
    evidence.state("trial", "gate").update(passed=1, gave_up={"at": at, "waiting": count})


@varied(BASE, fails="goes_on", says=("200 of 200 users stopped",))
def users_that_all_stop(evidence: Evidence) -> None:
    """The gate gave up with nobody at it, and nobody came any more."""
    evidence.state("trial", "gate").update(passed=1, gave_up={"at": 1e9, "waiting": 0})


@varied(BASE, fails="goes_on", says=("Locust ended by itself",))
def an_end_while_the_last_ones_come(evidence: Evidence) -> None:
    """Locust ended, and its last requests came when the gate had given up."""
    at, count = late_ones(evidence)
    evidence.state("trial", "gate").update(passed=1, gave_up={"at": at, "waiting": count - 1})
    crowd_of(evidence)["ended_by_itself"] = True


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
    pair_of(evidence)["ended_by_itself"] = True


@varied(BASE, unclear="goes_on")
def only_one_of_two_in_time(evidence: Evidence) -> None:
    """Time was up before the second user came."""
    evidence.drop(evidence.visits(pair_of(evidence)["journal"])[1])
    pair_of(evidence)["out_of_time"] = True
    figures_follow(evidence)


@varied(BASE)
def both_at_the_last_moment(evidence: Evidence) -> None:
    """Time was up when both had been seen."""
    pair_of(evidence)["out_of_time"] = True


def stopping(evidence: Evidence, later: int) -> None:
    """Let one of two users stop, after which the other one sends so many requests."""
    run = pair_of(evidence)
    first, second = evidence.visits(run["journal"])
    own = second[: len(second) // 3]
    evidence.drop(second[len(own) :])
    after = [request for request in first if request["start"] > own[-1]["end"]]
    evidence.drop(after[later:])
    for number in range(later - len(after)):
        end = after[-1]["end"] + number / 100
        evidence.add([run["journal"]], after[-1], start=end + 0.001, end=end + 0.009)
    figures_follow(evidence)


@varied(BASE)
def one_user_is_silent_for_a_hundred(evidence: Evidence) -> None:
    """A hundred answers to the other one are no proof."""
    stopping(evidence, 100)


@varied(BASE, fails="goes_on", says=("1 of 2 users stopped",))
def one_user_is_silent_for_more(evidence: Evidence) -> None:
    """A user that is silent while the other one gets more than a hundred answers has stopped."""
    stopping(evidence, 101)


@varied(BASE, fails="goes_on", says=("2 of 2 users stopped",))
def both_fall_silent(evidence: Evidence) -> None:
    """Both users stop."""
    pair_of(evidence)["fell_silent"] = True


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


@varied(BASE, unclear="no_pause")
def too_few_requests_to_judge_by(evidence: Evidence) -> None:
    """Both users are there, and the machine lets them come to a few requests only."""
    for own in evidence.visits(pair_of(evidence)["journal"]):
        evidence.drop(own[8:])
    figures_follow(evidence)


# --- Locust's report


def figures_follow(evidence: Evidence, more: int = 0) -> None:
    """Let Locust's figures hold what the journal of two users does, and so many requests more."""
    run = pair_of(evidence)
    first, *others = run["record"]["figures"]["rows"]
    first["requests"] = len(evidence.of(run["journal"])) + more - sum(row["requests"] for row in others)


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


@varied(BASE)
def one_request_of_each_user_in_flight(evidence: Evidence) -> None:
    """At the end each user has a request on its way, which Locust does not count."""
    figures_follow(evidence, -2)


@varied(BASE, fails="report", says=("Locust reports",))
def one_request_too_few_in_the_report(evidence: Evidence) -> None:
    """Locust has counted one request less than can be explained."""
    figures_follow(evidence, -3)


@varied(BASE, fails="report", says=("Locust reports",))
def requests_that_the_shop_has_not_seen(evidence: Evidence) -> None:
    """Locust has counted more than were sent."""
    figures_follow(evidence, 3)


@varied(BASE, fails="report", says=("counts as failed 1 time: too old",))
def a_failure_of_what_was_right(evidence: Evidence) -> None:
    """A good answer counts as failed."""
    failure = {"method": "GET", "name": "/", "message": "too old", "count": 1}
    pair_of(evidence)["record"]["figures"]["failures"] = [failure]


# --- findings


def found(evidence: Evidence, name: str = NAME, *, rate: float = 1.0, seats: float = 1.0, more: float = 0.0) -> None:
    """Let findings.toml be off by these factors, and by so many users more."""
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
    """Nobody steps finer than by two users, also where the shop has few seats."""
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
