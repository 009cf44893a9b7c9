"""Stage 05: users that look a little too seldom, runs that end too early to tell, users stuck after an error."""

from typing import Any

from tests.replay.variations import Evidence, varied

BASE = "05_round_robin_data/right/steps_in_order_all_pets"
FAULT = {"file": "locustfile.py", "line": 3, "error": "NameError: name 'x' is not defined", "url": "", "path": ""}
CHANCES = 170  # requests of the busiest user after which another user's silence can't be chance


def scene_of(evidence: Evidence, name: str = "roomy") -> Any:
    return evidence.part("trial", name)


def journals_of(scene: Any) -> list[list[int]]:
    return [scene[part]["journal"] for part in ("run", "held", "shown")]


def is_things(request: Any) -> bool:
    return request["path"].startswith("/owners/")


def users_of(evidence: Evidence, scene: Any) -> list[list[Any]]:
    """Return each user's requests until the run was settled: later ones say nothing about what is missing."""
    return evidence.visits(scene["shown"]["journal"])


def pets_of(scene: Any, own: list[Any]) -> list[str]:
    """Return the pets of the owner whom a user asks about."""
    things = next(filter(is_things, own))
    return list(scene["held"]["things"][things["path"].split("/")[2]])


def rich(evidence: Evidence, scene: Any) -> list[Any]:
    """Return the requests of a user, not the first one, whose owner has pets."""
    return next(own for own in users_of(evidence, scene)[1:] if pets_of(scene, own))


def poor(evidence: Evidence, scene: Any) -> list[Any]:
    """Return the requests of a user whose owner has no pets."""
    return next(own for own in users_of(evidence, scene) if not pets_of(scene, own))


def without_later(evidence: Evidence, scene: Any, own: list[Any]) -> None:
    """Make a user send nothing after these requests."""
    visitor, end = own[0]["visitor"], own[-1]["start"]
    later = evidence.of(scene["run"]["journal"])
    evidence.drop(one for one in later if one["visitor"] == visitor and one["start"] > end)


def busy(evidence: Evidence, scene: Any, requests: int) -> None:
    """Make the user without pets, the busiest one, send this many requests before the run was settled."""
    own = poor(evidence, scene)
    without_later(evidence, scene, own)
    for number in range(requests - len(own)):
        evidence.add(journals_of(scene), own[-1], start=own[-1]["end"] + number, end=own[-1]["end"] + number + 0.5)


def silenced(evidence: Evidence, scene: Any) -> list[Any]:
    """Make a user never ask for visits; return its remaining requests."""
    own = rich(evidence, scene)
    without_later(evidence, scene, own)
    evidence.drop(one for one in own if not is_things(one))
    return [one for one in own if is_things(one)]


# --- too little to tell


@varied(BASE, fails="visits", says=("0 times for visits",))
def no_visits_and_then_silence(evidence: Evidence) -> None:
    """One user never asks for visits, and then nobody asks for anything."""
    scene = scene_of(evidence)
    silenced(evidence, scene)
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="visits", says=("Locust ended by itself",))
def no_visits_and_then_the_end(evidence: Evidence) -> None:
    """The same, and the file ended the test."""
    scene = scene_of(evidence)
    silenced(evidence, scene)
    scene["run"]["ending"] = "EXIT"


@varied(BASE, fails="visits", says=("0 times for visits", "too few requests in"))
def no_visits_so_far(evidence: Evidence) -> None:
    """All users are too slow for a user that does not ask for visits to have had its chances."""
    scene = scene_of(evidence)
    silenced(evidence, scene)
    busy(evidence, scene, CHANCES - 1)


@varied(BASE, unclear="visits")
def no_visits_so_far_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but the machine is busy."""
    no_visits_so_far.change(evidence)
    scene_of(evidence)["run"]["importing"] = 5.0


def slow_shop(evidence: Evidence, journal: list[int], every: int) -> None:
    """Make the shop take 1.1 s for one answer in `every`."""
    for request in evidence.of(journal)[::every]:
        evidence.hold_up(journal, request["end"], 1.1)
        request["end"] = request["start"] + 1.1


@varied(BASE, unclear="visits")
def no_visits_so_far_from_a_slow_shop(evidence: Evidence) -> None:
    """The same, but the shop takes more than a second for one answer in eight."""
    scene = scene_of(evidence)
    silenced(evidence, scene)
    slow_shop(evidence, scene["run"]["journal"], 8)


@varied(BASE, fails="visits", says=("too few requests in",))
def no_visits_so_far_from_a_shop_that_is_slow_at_times(evidence: Evidence) -> None:
    """One slow answer in sixteen doesn't show a busy machine."""
    scene = scene_of(evidence)
    silenced(evidence, scene)
    slow_shop(evidence, scene["run"]["journal"], 16)


@varied(BASE, fails="visits", says=("0 times for visits",))
def no_visits_in_all_that_time(evidence: Evidence) -> None:
    """Another user has asked so often that chance is no explanation."""
    scene = scene_of(evidence)
    silenced(evidence, scene)
    busy(evidence, scene, CHANCES)


# --- which users are there


@varied(BASE, fails="users", says=("looked like",))
def one_user_that_never_comes(evidence: Evidence) -> None:
    """One user sends nothing."""
    scene = scene_of(evidence)
    evidence.drop(evidence.visits(scene["run"]["journal"])[2])
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="users", says=("visitors", "cookies"))
def a_visitor_that_looks_at_visits_alone(evidence: Evidence) -> None:
    """One request is sent without the user's cookie."""
    scene = scene_of(evidence)
    details = next(one for one in rich(evidence, scene) if not is_things(one))
    evidence.add(journals_of(scene), details, visitor="nobody")


@varied(BASE, fails="users", says=("1 of them with two requests at once",))
def two_requests_at_once(evidence: Evidence) -> None:
    """Two users share a client."""
    first, second, *_ = rich(evidence, scene_of(evidence))
    second["start"] = (first["start"] + first["end"]) / 2


@varied(BASE, fails="users", says=("looked like",))
def one_user_that_posts(evidence: Evidence) -> None:
    """One user sends a POST instead of a GET."""
    scene = scene_of(evidence)
    for request in evidence.visits(scene["run"]["journal"])[2]:
        request["method"] = "POST"
    scene["run"]["ending"] = "SILENCE"


# --- whose pets


@varied(BASE, fails="keeps", says=("later for those of",))
def another_owner_the_second_time(evidence: Evidence) -> None:
    """One user, not the first, asks for another owner's pets the second time."""
    scene = scene_of(evidence)
    own = next(own for own in users_of(evidence, scene)[1:] if sum(map(is_things, own)) > 1)
    list(filter(is_things, own))[1]["path"] = f"/owners/{scene['held']['rows'][-1]}/pets"


@varied(BASE, fails="own_pets", says=("before any answer had named that pet",))
def visits_after_an_error(evidence: Evidence) -> None:
    """The first answer to a user is an error, and names no pets."""
    rich(evidence, scene_of(evidence))[0]["status"] = 400


@varied(BASE, fails="own_pets", says=("belongs to owner",))
def visits_of_another_pet(evidence: Evidence) -> None:
    """One user, not the first, asks for the visits of another owner's pet."""
    scene = scene_of(evidence)
    own = rich(evidence, scene)
    others = (pets_of(scene, them) for them in users_of(evidence, scene) if them[0]["visitor"] != own[0]["visitor"])
    pet = next(filter(None, others))[0]
    next(one for one in reversed(own) if not is_things(one))["path"] = f"/pets/{pet}/visits"


def asking(evidence: Evidence, name: str, visits: int) -> list[Any]:
    """Make a user ask once for its pets, `visits` times for visits, then nobody for anything; return its requests."""
    scene = scene_of(evidence, name)
    own = rich(evidence, scene)
    without_later(evidence, scene, own)
    things = next(filter(is_things, own))
    details = next(one for one in own if not is_things(one))
    evidence.drop(one for one in own if one not in (things, details))
    things["status"] = details["status"] = 200
    end = max(things["end"], details["end"])
    for number in range(1, visits):
        evidence.add(journals_of(scene), details, start=end + number, end=end + number + 0.5)
    scene["run"]["ending"] = "SILENCE"
    return next(one for one in users_of(evidence, scene) if one[0]["visitor"] == own[0]["visitor"])


@varied(BASE)
def five_looks_at_visits(evidence: Evidence) -> None:
    """Once for its pets and five times for visits is enough."""
    asking(evidence, "roomy", 5)


@varied(BASE, fails="visits", says=("1 time for pets and 4 times for visits",))
def four_looks_at_visits(evidence: Evidence) -> None:
    """Four times is not "again and again"."""
    asking(evidence, "roomy", 4)


# --- more users than rows


@varied(BASE, fails="wraps", says=("NameError",))
def a_crash_with_many_users(evidence: Evidence) -> None:
    """With more users than rows the file can't be loaded."""
    scene_of(evidence, "crowded")["run"]["record"]["crash"] = FAULT


@varied(BASE, fails="wraps", says=("looked like",))
def one_of_many_users_gets_no_row(evidence: Evidence) -> None:
    """With more users than rows one of them asks for nothing."""
    scene = scene_of(evidence, "crowded")
    evidence.drop(evidence.visits(scene["run"]["journal"])[-1])
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="wraps", says=("one row", "hold"))
def a_single_row_and_another_owner(evidence: Evidence) -> None:
    """With a single row one user asks for another owner's pets."""
    for request in filter(is_things, evidence.visits(scene_of(evidence, "single")["run"]["journal"])[1]):
        request["path"] = "/owners/7/pets"


# --- error answers


@varied(BASE, fails="errors", says=("NameError",))
def a_crash_with_errors(evidence: Evidence) -> None:
    """With an API that fails now and then, the file can't be loaded."""
    scene_of(evidence, "failing")["run"]["record"]["crash"] = FAULT


@varied(BASE, fails="errors", says=("later for those of",))
def another_owner_after_an_error(evidence: Evidence) -> None:
    """After an error a user goes on with another owner."""
    scene = scene_of(evidence, "failing")
    own = next(own for own in users_of(evidence, scene)[1:] if sum(map(is_things, own)) > 1)
    list(filter(is_things, own))[1]["path"] = f"/owners/{scene['held']['rows'][-1]}/pets"


@varied(BASE, fails="errors", says=("nobody's",))
def a_pet_of_nobody_after_an_error(evidence: Evidence) -> None:
    """After an error a user asks for the visits of a pet that nobody has."""
    own = rich(evidence, scene_of(evidence, "failing"))
    next(one for one in reversed(own) if not is_things(one))["path"] = "/pets/7/visits"


@varied(BASE, fails="errors", says=("got a 400 for GET /owners/", "asked for nothing more"))
def silence_after_an_error_about_pets(evidence: Evidence) -> None:
    """A user's last answer is an error; those before were good."""
    scene = scene_of(evidence, "failing")
    own = poor(evidence, scene)
    without_later(evidence, scene, own)
    for request in own:
        request["status"] = 200 if request is not own[-1] else 400
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="errors", says=("got a 500 for GET /pets/", "asked for nothing more"))
def silence_after_an_error_about_visits(evidence: Evidence) -> None:
    """A user's last answer is an error, to a question about visits; it had asked for five visits before."""
    asking(evidence, "failing", 6)[-1]["status"] = 500


@varied(BASE, unclear="errors")
def too_early_after_an_error(evidence: Evidence) -> None:
    """Others had asked often, but before the error: on a busy machine, the user that got it had no time to go on."""
    scene_of(evidence, "failing")["run"]["importing"] = 5.0
    scene = scene_of(evidence, "failing")
    own = rich(evidence, scene)
    for request in evidence.of(scene["run"]["journal"]):
        request["status"] = 200
    busy(evidence, scene, CHANCES)
    end = max(request["end"] for request in evidence.of(scene["run"]["journal"]))
    evidence.add(journals_of(scene), own[0], start=end + 1, end=end + 2, status=500)


@varied(BASE, fails="errors", says=("got a good answer to GET /owners/", "never asked for visits"))
def no_visits_after_an_error(evidence: Evidence) -> None:
    """After an error and a good answer a user asks for no visits."""
    scene = scene_of(evidence, "failing")
    silenced(evidence, scene)
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="errors", says=("0 times for visits",))
def errors_alone(evidence: Evidence) -> None:
    """A user gets nothing but errors, and so never asks for visits."""
    scene = scene_of(evidence, "failing")
    own = silenced(evidence, scene)
    for request in own:
        request["status"] = 500
    evidence.add(journals_of(scene), own[-1], start=own[-1]["end"] + 1, end=own[-1]["end"] + 2)
    evidence.add(journals_of(scene), own[-1], start=own[-1]["end"] + 3, end=own[-1]["end"] + 4, status=200, path="/x")
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="errors", says=("times for visits",))
def too_few_visits_after_errors(evidence: Evidence) -> None:
    """After errors a user asks four times for visits."""
    asking(evidence, "failing", 4)


def errors_of(evidence: Evidence, least: int = 1) -> list[Any]:
    """Return the questions that were answered by an error; turn good late answers into errors if there are few."""
    scene = scene_of(evidence, "failing")
    asked = [one for one in evidence.of(scene["held"]["journal"]) if one["method"] == "GET"]
    good = [one for own in users_of(evidence, scene) if pets_of(scene, own) for one in own[3:-1] if one["status"] < 400]
    counted = {count["request"]: count for count in scene["run"]["record"]["counted"]}
    for one in [one for one in good if one["id"] in counted][: max(0, least - sum(a["status"] >= 400 for a in asked))]:
        one["status"] = 500
        counted[one["id"]]["failure"] = "HTTPError"
    return [one for one in asked if one["status"] >= 400 and one["id"] in counted]


@varied(BASE, fails="errors", says=("1 of", "error answers count as successes"))
def an_error_that_counts_as_a_success(evidence: Evidence) -> None:
    """One error answer is no failure in Locust's report."""
    error, counted = errors_of(evidence)[-1], scene_of(evidence, "failing")["run"]["record"]["counted"]
    next(count for count in counted if count["request"] == error["id"])["failure"] = None


def lost_errors(evidence: Evidence, more: int, calm: int = 0) -> None:
    """Make Locust miss an error answer of each user and some more, and some requests of the calm run."""
    scene = scene_of(evidence, "failing")
    record, size = scene["run"]["record"], scene["held"]["size"]
    known = {one["id"] for one in errors_of(evidence, size + 1)}
    asked = [one for one in evidence.of(scene["held"]["journal"]) if one["status"] >= 400]
    gone = sum(one["id"] not in known for one in asked)  # in flight when the run was recorded
    lost = set(sorted(known)[: size + more - gone])
    record["counted"] = [count for count in record["counted"] if count["request"] not in lost]
    run = scene_of(evidence)["run"]
    run["record"]["counted"] = run["record"]["counted"][: len(evidence.of(run["journal"])) - calm]


@varied(BASE)
def an_error_of_each_user_in_flight(evidence: Evidence) -> None:
    """At the end each user may have a request in flight, which Locust does not count."""
    lost_errors(evidence, 0)


@varied(BASE, fails="errors", says=("error answers are missing",))
def one_error_too_few_in_the_report(evidence: Evidence) -> None:
    """One error less than can be explained is counted."""
    lost_errors(evidence, 1)


@varied(BASE, fails="report", says=("Locust counts",))
def errors_that_are_missing_as_all_is(evidence: Evidence) -> None:
    """Locust doesn't count good answers, either: that is another mistake."""
    lost_errors(evidence, 1, calm=2 * scene_of(evidence)["held"]["size"] + 20)


@varied(BASE, fails="errors", says=("NameError", "response.status_code"))
def tasks_that_stumble_over_errors(evidence: Evidence) -> None:
    """Tasks end in an error only if the API fails."""
    scene_of(evidence, "failing")["run"]["record"]["errors"] = [FAULT]


@varied(BASE, fails="report", says=("NameError",))
def tasks_that_stumble_in_any_case(evidence: Evidence) -> None:
    """Tasks also end in an error if the API does not fail: that is another mistake."""
    tasks_that_stumble_over_errors.change(evidence)
    scene_of(evidence)["run"]["record"]["errors"] = [FAULT]


# --- Locust's report


def uncounted(evidence: Evidence, requests: int) -> None:
    """Make Locust miss this many of the requests for pets."""
    scene = scene_of(evidence)
    asked = [one for own in users_of(evidence, scene) for one in own if is_things(one)]
    missed = {one["id"] for one in asked[:requests]}
    record = scene["run"]["record"]
    record["counted"] = [count for count in record["counted"] if count["request"] not in missed]


@varied(BASE)
def one_request_of_each_user_in_flight(evidence: Evidence) -> None:
    """At the end each user may have a request in flight, which Locust has not counted."""
    uncounted(evidence, scene_of(evidence)["held"]["size"])


@varied(BASE, fails="report", says=("Locust counts",))
def one_request_too_few_in_the_report(evidence: Evidence) -> None:
    """Locust has counted one request less than can be explained."""
    uncounted(evidence, scene_of(evidence)["held"]["size"] + 1)


@varied(BASE, fails="report", says=("the visits are 2 rows",))
def two_rows_for_visits(evidence: Evidence) -> None:
    """One request has a name of its own."""
    counted = scene_of(evidence)["run"]["record"]["counted"]
    next(count for count in counted if count["name"].startswith("/pets/"))["name"] = "/pets/1/visits"


@varied(BASE, fails="report", says=("holds both",))
def one_row_for_all(evidence: Evidence) -> None:
    """All requests have one name."""
    for count in scene_of(evidence)["run"]["record"]["counted"]:
        count["name"] = "/"


@varied(BASE, fails="report", says=("NameError",))
def tasks_that_end_in_an_error(evidence: Evidence) -> None:
    """A task sends its request, and then stumbles."""
    scene_of(evidence)["run"]["record"]["errors"] = [FAULT]


@varied(BASE, fails="report", says=("counts as failed",))
def a_failure_of_what_was_right(evidence: Evidence) -> None:
    """A good answer counts as failed."""
    scene_of(evidence)["run"]["record"]["counted"][3]["failure"] = "too old"


@varied(BASE)
def a_failure_of_what_was_wrong(evidence: Evidence) -> None:
    """An error of the shop, late in the run, counts as failed."""
    scene = scene_of(evidence)
    last = poor(evidence, scene)[-1]
    last["status"] = 400
    counted = scene["run"]["record"]["counted"]
    next(count for count in counted if count["request"] == last["id"])["failure"] = "Bad Request"
    evidence.report(scene["run"])
