"""The take-home: users that think just long enough, questions that name no user, and part 3 on many machines."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from checks.lab.lab import COMPRESSION
from tests.replay.variations import Evidence, varied

BASE = "jsonplaceholder_task/right/part_3_a_message_for_each_user"
FAULT = {"file": "demo_locustfile.py", "line": 3, "error": "NameError: name 'x' is not defined", "url": "", "path": ""}


def scene_of(evidence: Evidence, name: str = "roomy") -> Any:
    return evidence.part("trial", name)


def loss_of(evidence: Evidence) -> Any:
    return evidence.part("distribution", "loss")


def wait_of(evidence: Evidence) -> Any:
    return evidence.part("distribution", "wait")


def worker_of(story: Any, name: str) -> Any:
    return story["group"]["runs"][name]


def is_posts(request: Any) -> bool:
    return request["path"] == "/posts"


def user_id(own: list[Any]) -> str:
    return str(next(filter(is_posts, own))["query"]["userId"][0])


def writer(evidence: Evidence, journal: list[int], things: dict[str, list[Any]], number: int = 1) -> list[Any]:
    """Return the requests of a user whose id has posts, not of the first such user."""
    return [own for own in evidence.visits(journal) if things[user_id(own)]][number]


def asking(evidence: Evidence, posts: int, comments: int) -> None:
    """Make a user ask this many times for posts and for comments, and then nobody ask for anything."""
    scene = scene_of(evidence)
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    first, second = next(filter(is_posts, own)), next(one for one in own if not is_posts(one))
    later = evidence.of(scene["run"]["journal"])
    evidence.drop(one for one in later if one["visitor"] == own[0]["visitor"] and one not in (first, second))
    journals = [scene[part]["journal"] for part in ("run", "held", "shown")]
    end = max(first["end"], second["end"])
    added = [
        *(evidence.add(journals, first, start=end + n, end=end + n + 0.1) for n in range(1, posts)),
        *(evidence.add(journals, second, start=end + n + 0.5, end=end + n + 0.6) for n in range(1, comments)),
    ]
    scene["run"]["record"]["waits"] += [
        {"visitor": one["visitor"], "start": one["end"] + 0.01, "asked": 2.0, "actual": 0.05} for one in (first, *added)
    ]
    scene["run"]["ending"] = "SILENCE"


@varied(BASE)
def three_posts_and_five_comments(evidence: Evidence) -> None:
    """This many questions of each kind are enough."""
    asking(evidence, 3, 5)


@varied(BASE, fails="goes_on", says=("asked 2 times for posts",))
def two_posts(evidence: Evidence) -> None:
    """Twice for posts is not "until the test ends"."""
    asking(evidence, 2, 5)


@varied(BASE, fails="goes_on", says=("4 times for comments",))
def four_comments(evidence: Evidence) -> None:
    """Four times for comments is not "until the test ends"."""
    asking(evidence, 3, 4)


# --- questions that name no user, or too many


@varied(BASE, fails="users", says=("it names no user id",))
def posts_of_everybody(evidence: Evidence) -> None:
    """One user's second question for posts names no user id."""
    scene = scene_of(evidence)
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    list(filter(is_posts, own))[1]["query"] = {}


@varied(BASE, fails="users", says=("it names", " and "))
def posts_of_two(evidence: Evidence) -> None:
    """One user's second question for posts names two user ids."""
    scene = scene_of(evidence)
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    list(filter(is_posts, own))[1]["query"] = {"userId": [user_id(own), scene["held"]["rows"][-1]]}


@varied(BASE, fails="own_posts", says=("name the post in each request",))
def comments_on_everything(evidence: Evidence) -> None:
    """One user's question for comments names no post."""
    scene = scene_of(evidence)
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    next(one for one in reversed(own) if not is_posts(one))["query"] = {}


@varied(BASE, fails="wraps", says=("NameError",))
def a_crash_with_many_users(evidence: Evidence) -> None:
    """With more users than rows the file can't be loaded."""
    scene_of(evidence, "crowded")["run"]["record"]["crash"] = FAULT


@varied(BASE, fails="wraps", says=("looked like",))
def one_of_many_users_gets_no_row(evidence: Evidence) -> None:
    """With a single row one user asks for nothing."""
    scene = scene_of(evidence, "single")
    evidence.drop(evidence.visits(scene["run"]["journal"])[-1])
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="wraps", says=("one row", "hold"))
def a_single_row_and_another_id(evidence: Evidence) -> None:
    """With a single row one user asks for another id's posts."""
    scene = scene_of(evidence, "single")
    for request in filter(is_posts, evidence.visits(scene["run"]["journal"])[1]):
        request["query"] = {"userId": ["7"]}


@varied(BASE, fails="errors", says=("NameError",))
def a_crash_with_errors(evidence: Evidence) -> None:
    """With an API that fails now and then, the file can't be loaded."""
    scene_of(evidence, "failing")["run"]["record"]["crash"] = FAULT


@varied(BASE, fails="errors", says=("later for those of",))
def another_id_after_an_error(evidence: Evidence) -> None:
    """After an error a user goes on with another id."""
    scene = scene_of(evidence, "failing")
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    list(filter(is_posts, own))[1]["query"] = {"userId": [scene["held"]["rows"][-1]]}


@varied(BASE, fails="errors", says=("nobody's",))
def a_post_of_nobody_after_an_error(evidence: Evidence) -> None:
    """After an error a user asks for the comments on a post that there is not."""
    scene = scene_of(evidence, "failing")
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    next(one for one in reversed(own) if not is_posts(one))["query"] = {"postId": ["7"]}


@varied(BASE, fails="errors", says=(" for comments",))
def no_comments_after_errors(evidence: Evidence) -> None:
    """After errors a user asks once for comments."""
    scene = scene_of(evidence, "failing")
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    visitor = own[0]["visitor"]
    mine = [one for one in evidence.of(scene["run"]["journal"]) if one["visitor"] == visitor and not is_posts(one)]
    mine[0]["status"] = 200
    evidence.drop(mine[1:])
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="errors", says=("asked for nothing more",))
def silence_after_an_error(evidence: Evidence) -> None:
    """A user's last answer is an error; it had asked for enough before."""
    scene = scene_of(evidence, "failing")
    own = writer(evidence, scene["shown"]["journal"], scene["held"]["things"])
    journals = [scene[part]["journal"] for part in ("run", "held", "shown")]
    for request in evidence.of(scene["run"]["journal"]):
        request["status"] = 200
    end = max(one["end"] for one in evidence.of(scene["run"]["journal"]))
    evidence.add(journals, next(filter(is_posts, own)), start=end + 1, end=end + 2, status=500)
    scene["run"]["ending"] = "SILENCE"


# --- think time


def lasting(evidence: Evidence, asked: float) -> None:
    """Make each user send forty requests and think for `asked` seconds after each."""
    run = scene_of(evidence)["run"]
    evidence.cut(run, [41])
    evidence.pace(run, lambda *_: asked / 40)
    evidence.wait(run, lambda *_: asked)
    scene_of(evidence)["held"]["journal"] = list(run["journal"])
    run["record"]["counted"] = [
        {"request": one["id"], "milliseconds": 10.0, "failure": None, "said": [], "name": one["path"]}
        for one in evidence.of(run["journal"])
    ]
    evidence.report(run)


@varied(BASE)
def pauses_just_long_enough(evidence: Evidence) -> None:
    """0.93 s may be 1 s."""
    lasting(evidence, 0.93)


@varied(BASE, fails="think_time", says=("0.85 s",))
def pauses_a_little_too_short(evidence: Evidence) -> None:
    """0.85 s are less than 1 s."""
    lasting(evidence, 0.85)


@varied(BASE)
def pauses_just_short_enough(evidence: Evidence) -> None:
    """3.07 s may be 3 s."""
    lasting(evidence, 3.07)


@varied(BASE, fails="think_time", says=("3.15 s",))
def pauses_a_little_too_long(evidence: Evidence) -> None:
    """3.15 s are more than 3 s."""
    lasting(evidence, 3.15)


def thinking(evidence: Evidence, asked: Callable[[int, int], float]) -> None:
    """Make each user ask for posts and comments in turn, and think for `asked(n, m)` seconds after its m-th question.

    If that is 0, the next question comes in the same task.
    """
    scene = scene_of(evidence)
    run = scene["run"]
    lasting(evidence, 2.0)
    for own in evidence.visits(run["journal"]):
        forms = [next(filter(is_posts, own)), next((one for one in own if not is_posts(one)), None)]
        kinds = [{"path": one["path"], "query": one["query"]} for one in forms if one]
        for position, request in enumerate(own):
            request.update(kinds[position % len(kinds)], status=200)
    evidence.pace(run, lambda user, position: asked(user, position - 1) / COMPRESSION if position else 0.0)
    evidence.wait(run, asked)
    run["record"]["waits"] = [wait for wait in run["record"]["waits"] if wait["asked"]]
    names_follow(evidence)


def names_follow(evidence: Evidence) -> None:
    """Make Locust name each request by its path."""
    run = scene_of(evidence)["run"]
    names = {one["id"]: one["path"] for one in evidence.of(run["journal"])}
    for count in run["record"]["counted"]:
        count["name"] = names[count["request"]]
    evidence.report(run)


def allowed(evidence: Evidence) -> int:
    """Return how many of all pauses may be off by chance."""
    return int(0.02 * 40 * scene_of(evidence)["run"]["users"])


def off(evidence: Evidence, count: int, seconds: float) -> Callable[[int, int], float]:
    """Return think times of which this many are off, all of them late in the run."""
    users = scene_of(evidence)["run"]["users"]
    return lambda user, position: seconds if position >= 20 and (position - 20) * users + user < count else 2.0


@varied(BASE)
def a_few_pauses_too_long(evidence: Evidence) -> None:
    """2 % of the think times are too long."""
    thinking(evidence, off(evidence, allowed(evidence), 3.5))


@varied(BASE, fails="think_time", says=("3.50 s",))
def too_many_pauses_too_long(evidence: Evidence) -> None:
    """One more."""
    thinking(evidence, off(evidence, allowed(evidence) + 1, 3.5))


@varied(BASE, fails="think_time", says=("0.50 s",))
def too_many_pauses_too_short(evidence: Evidence) -> None:
    """A little more than 2 % of the think times are too short, though Locust was asked for them."""
    thinking(evidence, off(evidence, allowed(evidence) + 1, 0.5))


@varied(BASE)
def a_task_that_asks_for_both(evidence: Evidence) -> None:
    """Posts and then comments in one task: no pause is due between them."""
    thinking(evidence, lambda _, position: 2.0 if position % 2 else 0.0)
    in_pairs(evidence)


def in_pairs(evidence: Evidence) -> None:
    """Make users who have no posts pause after each question, since they have nothing else to ask."""
    run = scene_of(evidence)["run"]
    for own in evidence.visits(run["journal"]):
        if all(map(is_posts, own)):
            evidence.drop(own[2::2])


def the_same_again(evidence: Evidence, count: int) -> None:
    """Make users repeat their last question this many times, late in the run."""
    thinking(evidence, off(evidence, count, 0.0))
    for own in evidence.visits(scene_of(evidence)["run"]["journal"]):
        for before, after in pairwise(own[20:]):
            if after["start"] - before["end"] < 0.01:
                after.update(path=before["path"], query=before["query"])
    names_follow(evidence)


@varied(BASE)
def a_few_that_ask_the_same_again(evidence: Evidence) -> None:
    """2 % of the questions come twice without a pause."""
    the_same_again(evidence, allowed(evidence))


@varied(BASE, fails="think_time", says=("ask the same again without a pause",))
def too_many_that_ask_the_same_again(evidence: Evidence) -> None:
    """One more: a task itself calls the other one."""
    the_same_again(evidence, allowed(evidence) + 1)


def at_first(evidence: Evidence, times: int) -> None:
    """Make each user ask for its posts this many times before its first pause."""
    thinking(evidence, lambda _, position: 0.0 if position < times - 1 else 2.0)
    for own in evidence.visits(scene_of(evidence)["run"]["journal"]):
        for request in own[1:times]:
            request.update(path=own[0]["path"], query=own[0]["query"])
    names_follow(evidence)


@varied(BASE)
def the_same_twice_at_first(evidence: Evidence) -> None:
    """In on_start, and then in a task."""
    at_first(evidence, 2)


@varied(BASE, fails="think_time", says=("ask the same again without a pause",))
def the_same_three_times_at_first(evidence: Evidence) -> None:
    """No on_start and no task explains the third time."""
    at_first(evidence, 3)


@varied(BASE)
def first_pauses_that_are_short(evidence: Evidence) -> None:
    """Pacing counts from the user's start, so that the first pause is what is left: here after two questions."""
    thinking(evidence, lambda _, position: (0.0, 0.5)[position] if position < 2 else 2.0)


# --- what stage 05 asks too


@varied(BASE, fails="loads", says=("NameError",))
def a_file_that_stumbles(evidence: Evidence) -> None:
    """The file can't be loaded."""
    scene_of(evidence)["run"]["record"]["crash"] = FAULT


@varied(BASE, fails="users", says=("with two requests at once",))
def two_requests_at_once(evidence: Evidence) -> None:
    """Two users share a client."""
    first, second, *_ = evidence.visits(scene_of(evidence)["held"]["journal"])[1]
    second["start"] = (first["start"] + first["end"]) / 2


@varied(BASE, fails="users", says=("looked like",))
def one_user_that_never_comes(evidence: Evidence) -> None:
    """One user sends nothing."""
    scene = scene_of(evidence)
    evidence.drop(evidence.visits(scene["run"]["journal"])[1])
    scene["run"]["ending"] = "SILENCE"


@varied(BASE, fails="rows", says=("rows hold",))
def a_row_whose_turn_it_was_not(evidence: Evidence) -> None:
    """One user without posts takes a later row, which has no posts either."""
    scene = scene_of(evidence)
    held = scene["held"]
    later = next(id for id in held["rows"][held["size"] :] if not held["things"][id])
    visits = evidence.visits(scene["run"]["journal"])
    for request in next(own for own in visits if not held["things"][user_id(own)]):
        request["query"] = {"userId": [later]}


@varied(BASE, fails="wraps", says=("later for those of",))
def another_id_later_with_many_users(evidence: Evidence) -> None:
    """With more users than rows one of them asks for another id's posts the second time."""
    scene = scene_of(evidence, "crowded")
    own = writer(evidence, scene["held"]["journal"], scene["held"]["things"])
    other = next(id for id in scene["held"]["rows"] if id != user_id(own))
    list(filter(is_posts, own))[1]["query"] = {"userId": [other]}


@varied(BASE, fails="own_posts", says=("nobody's",))
def a_post_of_nobody_with_many_users(evidence: Evidence) -> None:
    """With more users than rows one of them asks for the comments on a post that there is not."""
    scene = scene_of(evidence, "crowded")
    own = writer(evidence, scene["held"]["journal"], scene["held"]["things"])
    next(one for one in reversed(own) if not is_posts(one))["query"] = {"postId": ["7"]}


@varied(BASE, fails="errors", says=("count as successes",))
def an_error_that_counts_as_a_success(evidence: Evidence) -> None:
    """One error answer is no failure in Locust's report."""
    scene = scene_of(evidence, "failing")
    errors = {one["id"] for one in evidence.of(scene["held"]["journal"]) if one["status"] >= 400}
    counted = scene["run"]["record"]["counted"]
    next(count for count in counted if count["request"] in errors)["failure"] = None


@varied(BASE, fails="report", says=("the posts are 2 rows",))
def two_rows_for_posts(evidence: Evidence) -> None:
    """One request for posts has a name of its own."""
    scene = scene_of(evidence)
    posts = {one["id"] for one in evidence.of(scene["held"]["journal"]) if is_posts(one)}
    next(count for count in scene["run"]["record"]["counted"] if count["request"] in posts)["name"] = "mine"


# --- part 3


@varied(BASE, fails="master_reads", says=("worker 2", "NameError"), bonus=True)
def a_crash_on_the_second_worker(evidence: Evidence) -> None:
    """The file can't be loaded on one of the workers."""
    worker_of(loss_of(evidence), "worker 2")["record"]["crash"] = FAULT


@varied(BASE, fails="master_reads", says=("worker 2", "opens users.csv"), bonus=True)
def the_second_worker_reads(evidence: Evidence) -> None:
    """One worker opens the data file."""
    worker_of(loss_of(evidence), "worker 2")["record"]["opened"] = [{**FAULT, "path": "users.csv"}]


@varied(BASE, fails="master_reads", says=("an id for each user",), bonus=True)
def a_user_without_an_id(evidence: Evidence) -> None:
    """One user on the second worker asks for nothing."""
    loss = loss_of(evidence)
    evidence.drop(evidence.visits(worker_of(loss, "worker 2")["journal"])[1])
    loss["group"]["whole"]["ending"] = "SILENCE"


@varied(BASE, fails="own_ids", says=("nobody's",), bonus=True)
def comments_on_a_post_of_nobody(evidence: Evidence) -> None:
    """One user asks for the comments on a post that there is not."""
    loss = loss_of(evidence)
    before = evidence.of(loss["before"])
    next(one for one in before if not is_posts(one))["query"] = {"postId": ["7"]}


@varied(BASE, fails="own_ids", says=("2 users hold",), bonus=True)
def two_users_on_one_id(evidence: Evidence) -> None:
    """Two users hold one id while another one is free."""
    loss = loss_of(evidence)
    things = loss["group"]["world"]["things"]
    journal = worker_of(loss, "worker 2")["journal"]
    first, second = (writer(evidence, journal, things, number) for number in (0, 1))
    for request in second:
        posts = {"userId": [user_id(first)]}
        request["query"] = posts if is_posts(request) else {"postId": [str(things[user_id(first)][0])]}


@varied(BASE, fails="lost_worker", says=("the master had not missed it after 20 s",), bonus=True)
def a_loss_that_goes_unnoticed(evidence: Evidence) -> None:
    """The master does not miss the worker."""
    loss_of(evidence)["lost_at"] = None


@varied(BASE, fails="says_so", says=("it printed nothing",), bonus=True)
def a_worker_that_says_nothing(evidence: Evidence) -> None:
    """A worker without its master prints nothing."""
    wait_of(evidence).update(printed="", said=[])


@varied(BASE, fails="recovers", says=("had no master and ended",), bonus=True)
def a_worker_that_gives_up(evidence: Evidence) -> None:
    """A worker ends before its master comes."""
    wait_of(evidence)["gave_up"] = True


@varied(BASE, fails="starts_again", says=("of the users got one",), bonus=True)
def one_user_goes_without(evidence: Evidence) -> None:
    """With more users than ids one gets none."""
    wait = wait_of(evidence)
    evidence.drop(evidence.visits(worker_of(wait, "worker 2")["journal"])[-1])
    wait["group"]["whole"]["ending"] = "SILENCE"
