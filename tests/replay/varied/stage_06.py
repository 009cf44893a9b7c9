"""Stage 06: ids that two users hold, workers that read the file themselves, workers that miss no master."""

from typing import Any

from checks.judging.cluster.announcements import announcements
from tests.replay.variations import Evidence, varied

BASE = "06_distributed_data/right/leases"
FAULT = {"file": "locustfile.py", "line": 3, "error": "NameError: name 'x' is not defined", "url": "", "path": ""}
MISSED = "no master yet"
OF_LOCUST = "[2025-01-20 10:00:00,000] host/INFO/locust.main: Starting Locust 2.47.0\n"


def loss_of(evidence: Evidence) -> Any:
    return evidence.part("distribution", "loss")


def wait_of(evidence: Evidence) -> Any:
    return evidence.part("distribution", "wait")


def run_of(story: Any, name: str) -> Any:
    return story["group"]["runs"][name]


def users_of(evidence: Evidence, story: Any, name: str) -> list[list[Any]]:
    """Return the requests of each user of a process."""
    return evidence.visits(run_of(story, name)["journal"])


def is_things(request: Any) -> bool:
    return request["path"].startswith("/owners/")


def hold(story: Any, requests: list[Any], holder: str) -> None:
    """Make a user hold another owner, and ask for that owner's pets and their visits."""
    pets = story["group"]["world"]["things"][holder]
    for request in requests:
        request["path"] = f"/owners/{holder}/pets" if is_things(request) else f"/pets/{pets[0]}/visits"


def holder_of(requests: list[Any]) -> str:
    return str(next(request["path"].split("/")[2] for request in requests if is_things(request)))


def with_pets(evidence: Evidence, story: Any, name: str) -> list[list[Any]]:
    """Return the requests of each user of a process whose owner has pets."""
    things = story["group"]["world"]["things"]
    return [own for own in users_of(evidence, story, name) if things[holder_of(own)]]


def nothing_sent(evidence: Evidence) -> Any:
    """Remove all requests; return the story's group."""
    evidence.requests = [None for _ in evidence.requests]
    loss_of(evidence).update(lost_at=None, heir=None)
    return loss_of(evidence)["group"]


# --- how they start


@varied(BASE, fails="loads", says=("worker 2", "NameError"))
def a_crash_on_the_second_worker(evidence: Evidence) -> None:
    """The file can't be loaded on one of the workers."""
    run_of(loss_of(evidence), "worker 2")["record"]["crash"] = FAULT


@varied(BASE, fails="loads", says=("worker 2", "took more memory"))
def a_limit_that_the_second_worker_breaks(evidence: Evidence) -> None:
    """The grader ended one of the workers."""
    run_of(loss_of(evidence), "worker 2")["broken"] = "took more memory than 2 GB"


@varied(BASE, fails="loads", says=("worker 2", "no user class"))
def no_user_class_on_the_second_worker(evidence: Evidence) -> None:
    """One of the workers finds no user class."""
    run = run_of(loss_of(evidence), "worker 2")
    run["log"], run["journal"], run["record"]["users"] = "No User class found!", [], []


@varied(BASE, fails="loads", says=("worker 2 ended before any user had sent a request",))
def a_worker_that_ends_before_the_test(evidence: Evidence) -> None:
    """One worker ends, and no request is sent."""
    nothing_sent(evidence)["ended_early"] = ["worker 2"]


@varied(BASE, fails="loads", says=("ended before it had any users", "Too many open files"))
def a_master_that_does_not_start(evidence: Evidence) -> None:
    """The master ends before it knows the users, says why, and starts when it has no file to read."""
    master_ended(evidence)


@varied(BASE, unclear="loads")
def a_master_that_the_machine_does_not_start(evidence: Evidence) -> None:
    """The same, but Locust does not start without the file, either."""
    master_ended(evidence)["can_start"] = False


def master_ended(evidence: Evidence) -> Any:
    """Make the master end before it knows a user class; return its run."""
    group = nothing_sent(evidence)
    group["ended_early"] = ["master"]
    master = group["runs"]["master"]
    master.update(journal=[], log="OSError: [Errno 24] Too many open files\n")
    master["record"]["users"] = []
    return master


@varied(BASE, fails="loads", says=("still reading the file after",))
def a_master_that_does_not_come_to_its_users(evidence: Evidence) -> None:
    """The master reads the file until time is up."""
    group = nothing_sent(evidence)
    group["whole"]["ending"] = group["runs"]["master"]["ending"] = "LIMIT"
    group["runs"]["master"]["record"]["users"] = []


@varied(BASE, unclear="loads")
def no_request_in_time(evidence: Evidence) -> None:
    """The machine is so busy that the users did nothing."""
    group = nothing_sent(evidence)
    group["whole"]["ending"] = group["runs"]["master"]["ending"] = "LIMIT"


@varied(BASE, fails="loads", says=("no user sent a request", "NameError"))
def a_handler_that_stumbles(evidence: Evidence) -> None:
    """No request is sent, since a handler ends in an error."""
    nothing_sent(evidence)["whole"]["record"]["errors"] = [FAULT]


@varied(BASE, fails="loads", says=("sent no request at all",))
def no_request_at_all(evidence: Evidence) -> None:
    """All users wait for an id that does not come."""
    nothing_sent(evidence)


# --- which process reads


@varied(BASE, fails="reads", says=("worker 2", "opens owners.csv"))
def the_second_worker_reads(evidence: Evidence) -> None:
    """One worker first opens a file of its own and then the data file."""
    opened = [{**FAULT, "path": "words.csv"}, {**FAULT, "path": "owners.csv"}]
    run_of(loss_of(evidence), "worker 2")["record"]["opened"] = opened


@varied(BASE)
def a_worker_reads_another_file(evidence: Evidence) -> None:
    """A worker may read any other file."""
    run_of(loss_of(evidence), "worker 2")["record"]["opened"] = [{**FAULT, "path": "words.csv"}]


@varied(BASE, fails="reads", says=("who is in the workers' file alone",))
def an_id_of_the_workers_file(evidence: Evidence) -> None:
    """One user, not the first, asks about an owner that is only in the workers' file."""
    loss = loss_of(evidence)
    for request in filter(is_things, users_of(evidence, loss, "worker 2")[1]):
        request["path"] = f"/owners/{loss['group']['decoys'][0]}/pets"


@varied(BASE, fails="reads", says=("who is in no row of the master's file",))
def an_id_of_nobody(evidence: Evidence) -> None:
    """One user, not the first, asks about an owner that is in no file."""
    for request in filter(is_things, users_of(evidence, loss_of(evidence), "worker 2")[1]):
        request["path"] = "/owners/7/pets"


@varied(BASE, fails="reads", says=("visitors who asked for pets", "an id for each user"))
def a_user_without_an_id(evidence: Evidence) -> None:
    """One user asks only for visits."""
    loss = loss_of(evidence)
    evidence.drop(filter(is_things, with_pets(evidence, loss, "worker 2")[1]))
    loss["group"]["whole"]["ending"] = "SILENCE"


@varied(BASE, fails="reads", says=("too few requests in",))
def a_user_that_had_no_time(evidence: Evidence) -> None:
    """One user has not asked for anything when time is up."""
    evidence.drop(users_of(evidence, loss_of(evidence), "worker 2")[1])


@varied(BASE, unclear="reads")
def a_user_that_had_no_time_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but a worker took long to import Locust."""
    a_user_that_had_no_time.change(evidence)
    strained(loss_of(evidence))


def strained(story: Any) -> None:
    """Make the first worker take long to import Locust."""
    run_of(story, "worker 1")["importing"] = 5.0


# --- what each user asks


@varied(BASE)
def one_question_of_each_kind(evidence: Evidence) -> None:
    """Until the kill, a user has asked once for its pets, and once for visits."""
    loss = loss_of(evidence)
    before = {evidence.requests[number]["id"] for number in loss["before"]}
    for own in with_pets(evidence, loss, "worker 2"):
        seen = [request for request in own if request["id"] in before]
        if not seen:
            continue  # it came when others had stopped
        things = next(filter(is_things, seen))
        details = next(one for one in seen if not is_things(one))
        evidence.drop([one for one in seen if one not in (things, details)])


@varied(BASE, fails="visits", says=("later for those of",))
def another_owner_later(evidence: Evidence) -> None:
    """A user asks for the pets of another owner than at first."""
    own = list(filter(is_things, asked_before(evidence, "worker 2", 2)))
    own[1]["path"] = f"/owners/{holder_of(users_of(evidence, loss_of(evidence), 'worker 1')[0])}/pets"


@varied(BASE, fails="visits", says=("the pet",))
def visits_of_another_pet(evidence: Evidence) -> None:
    """A user asks for the visits of another owner's pet."""
    loss = loss_of(evidence)
    other = holder_of(with_pets(evidence, loss, "worker 1")[0])
    details = next(one for one in asked_before(evidence, "worker 2", 1) if not is_things(one))
    details["path"] = f"/pets/{loss['group']['world']['things'][other][0]}/visits"


@varied(BASE, fails="visits", says=("with two requests at once",))
def two_requests_at_once(evidence: Evidence) -> None:
    """Two users share a client."""
    first, second, *_ = asked_before(evidence, "worker 2", 2)
    second["start"] = (first["start"] + first["end"]) / 2


@varied(BASE, fails="visits", says=("0 times for visits",))
def no_visits(evidence: Evidence) -> None:
    """A user whose owner has pets never asks for visits."""
    loss = loss_of(evidence)
    evidence.drop(one for one in with_pets(evidence, loss, "worker 2")[0] if not is_things(one))
    loss["group"]["whole"]["ending"] = "SILENCE"


@varied(BASE, fails="visits", says=("tasks end in an error", "NameError"))
def tasks_that_stumble_on_the_second_worker(evidence: Evidence) -> None:
    """On one worker tasks end in an error."""
    run_of(loss_of(evidence), "worker 2")["record"]["errors"] = [FAULT]


def asked_before(evidence: Evidence, name: str, least: int) -> list[Any]:
    """Return the questions before the kill of a user that had asked for its owner's pets at least this many times."""
    loss = loss_of(evidence)
    before = {evidence.requests[number]["id"] for number in loss["before"]}
    for own in with_pets(evidence, loss, name):
        seen = [request for request in own if request["id"] in before]
        if len(seen) > least and sum(map(is_things, seen)) >= least:
            return seen
    raise LookupError(name)


# --- which user holds which id


@varied(BASE, fails="shares", says=("2 users hold", "both on worker 2"))
def two_users_of_one_worker_on_one_id(evidence: Evidence) -> None:
    """A worker gives one id to two users."""
    loss = loss_of(evidence)
    first, second, *_ = with_pets(evidence, loss, "worker 2")
    hold(loss, second, holder_of(first))


@varied(BASE, fails="shares", says=("2 users hold", "on worker 1 and worker 2"))
def two_users_of_two_workers_on_one_id(evidence: Evidence) -> None:
    """A master gives one id to two workers."""
    loss = loss_of(evidence)
    hold(loss, with_pets(evidence, loss, "worker 1")[0], holder_of(with_pets(evidence, loss, "worker 2")[0]))


@varied(BASE, fails="reclaims", says=("then worker 2 ended too",))
def the_other_worker_ends_too(evidence: Evidence) -> None:
    """When a worker is killed, the other one ends on its own."""
    loss_of(evidence)["group"]["ended_early"] = ["worker 2"]


@varied(BASE, fails="reclaims", says=("was killed, and the master had not missed it after 20 s",))
def a_loss_that_goes_unnoticed(evidence: Evidence) -> None:
    """The master does not miss the worker."""
    loss_of(evidence).update(lost_at=None, heir=None)


@varied(BASE, fails="reclaims", says=("had not missed it after what was left of the time",))
def a_loss_that_goes_unnoticed_to_the_end(evidence: Evidence) -> None:
    """The master had not missed the worker when time was up."""
    a_loss_that_goes_unnoticed.change(evidence)
    loss_of(evidence)["group"]["whole"]["ending"] = "LIMIT"


@varied(BASE, fails="reclaims", says=("was killed, and the master had not missed it after 20 s",))
def a_loss_that_goes_unnoticed_for_long_enough(evidence: Evidence) -> None:
    """The machine is busy, but 20 s are enough."""
    a_loss_that_goes_unnoticed.change(evidence)
    strained(loss_of(evidence))


@varied(BASE, unclear="reclaims")
def a_loss_that_goes_unnoticed_on_a_busy_machine(evidence: Evidence) -> None:
    """Time was up, and the machine is busy."""
    a_loss_that_goes_unnoticed_to_the_end.change(evidence)
    strained(loss_of(evidence))


@varied(BASE, fails="reclaims", says=("then not all of the 14 went on",))
def nobody_to_kill(evidence: Evidence) -> None:
    """Some users fell silent when others had started, so no worker was killed."""
    loss_of(evidence).update(lost_at=None, heir=None, victim="", survivor="")


@varied(BASE, fails="reclaims", says=("which worker ", " still uses"))
def the_heir_gets_ids_in_use(evidence: Evidence) -> None:
    """One user of the new worker gets an id of the worker that lives on."""
    loss = loss_of(evidence)
    survivors = with_pets(evidence, loss, loss["survivor"])
    last = max(survivors, key=lambda own: own[-1]["end"])  # a user that goes on to the end, though others stopped
    hold(loss, users_of(evidence, loss, loss["heir"])[3], holder_of(last))


@varied(BASE, fails="reclaims", says=("visitors who asked for pets",))
def one_user_of_the_heir_gets_none(evidence: Evidence) -> None:
    """One user of the new worker gets no id."""
    loss = loss_of(evidence)
    evidence.drop(users_of(evidence, loss, "worker 3")[3])
    loss["group"]["whole"]["ending"] = "SILENCE"


@varied(BASE, fails="reclaims", says=("several hold",))
def two_users_of_the_heir_share(evidence: Evidence) -> None:
    """Two users of the new worker hold one id at the same time."""
    loss = loss_of(evidence)
    first, second, *_ = with_pets(evidence, loss, "worker 3")
    hold(loss, second, holder_of(first))


@varied(BASE)
def one_user_of_the_heir_after_another(evidence: Evidence) -> None:
    """Locust stopped a user of the new worker and started another one, which got the same id."""
    loss = loss_of(evidence)
    first, second, *_ = with_pets(evidence, loss, "worker 3")
    hold(loss, second, holder_of(first))
    later = max(request["end"] for request in first) - min(request["start"] for request in second) + 0.1
    for request in second:
        request["start"], request["end"] = request["start"] + later, request["end"] + later


# --- a worker without its master


def printing(evidence: Evidence, *lines: str, after: float = 7.0) -> Any:
    """Make the worker without a master print this, some seconds after it had begun; return its story."""
    wait, printed = wait_of(evidence), OF_LOCUST + "".join(f"{line}\n" for line in lines)
    said = announcements(printed).items()
    wait.update(printed=printed, said=[{"kind": kind, "line": line, "after": after} for kind, line in said])
    return wait


@varied(BASE, fails="says_so", says=("the last that it printed", "Starting Locust"))
def a_worker_that_says_nothing(evidence: Evidence) -> None:
    """Only Locust says that it starts."""
    printing(evidence)


@varied(BASE, fails="says_so")
def a_worker_that_names_its_master_alone(evidence: Evidence) -> None:
    """It says which master it has, but not that the master is missing."""
    printing(evidence, "master: 10.0.0.1")


@varied(BASE, fails="says_so")
def a_worker_that_waits_for_it_knows_not_whom(evidence: Evidence) -> None:
    """It says that it waits, but not for what."""
    printing(evidence, "still waiting")


@varied(BASE, fails="says_so")
def a_worker_that_stumbles(evidence: Evidence) -> None:
    """The end of a traceback is no message."""
    printing(evidence, "ConnectionError: the master is not there")


@varied(BASE, fails="says_so")
def a_logger_called_master(evidence: Evidence) -> None:
    """The prefix of a log line does not count as the worker's own words."""
    printing(evidence, "[2025-01-20 10:00:00,000] host/INFO/master: not much to do")


@varied(BASE)
def a_worker_that_says_so_in_the_end(evidence: Evidence) -> None:
    """The line that counts need not be the first one."""
    printing(evidence, "Hello", "no master at 10.0.0.1 yet")


@varied(BASE)
def a_worker_that_says_so_at_the_last_moment(evidence: Evidence) -> None:
    """It has 10 s since it read the file, and the machine 2 s more."""
    printing(evidence, MISSED, after=12.0)


@varied(BASE, fails="says_so", says=("said so 13 s after it had begun", MISSED))
def a_worker_that_says_so_too_late(evidence: Evidence) -> None:
    """It waits too long before it looks for its master."""
    printing(evidence, MISSED, after=12.6)


def others_print(evidence: Evidence, line: str, but: str = "", at_once: bool = True) -> None:
    """Make all workers with a master but one print a line, or print it only after Locust's init event."""
    wait = wait_of(evidence)
    for story in (wait, loss_of(evidence)):
        group = story["group"]
        for name in group["runs"]:
            if name != "master" and not (story is wait and name == wait["early"]):
                group["ages"][name] = 60.0
                group["logs"][name] = "" if name == but and story is wait else f"{line}\n"
                group["first_words"][name] = group["logs"][name] if at_once else ""


@varied(BASE, fails="says_so", says=("so did all workers that had one",))
def all_workers_say_so(evidence: Evidence) -> None:
    """A line that always comes says nothing, even if the address in it differs."""
    printing(evidence, "no master at 10.0.0.1 yet")
    others_print(evidence, "no master at 10.0.0.2 yet")


@varied(BASE, fails="says_so", says=("so did all workers that had one",))
def all_workers_say_so_later(evidence: Evidence) -> None:
    """The same, but they print it when their master is there."""
    printing(evidence, MISSED)
    others_print(evidence, MISSED, at_once=False)


@varied(BASE)
def all_workers_but_one_say_so(evidence: Evidence) -> None:
    """On a busy machine workers may have to wait for a master that is there, but not all of them."""
    printing(evidence, MISSED)
    others_print(evidence, MISSED, but="worker 2", at_once=False)


@varied(BASE, fails="says_so", says=("so did all workers that had one",))
def all_workers_say_so_in_words_of_their_own(evidence: Evidence) -> None:
    """A file that always says something, each time in other words, says as much with a master as without."""
    printing(evidence, "no master for the cat")
    others_print(evidence, "no master for the dog")


@varied(BASE)
def the_other_workers_say_less(evidence: Evidence) -> None:
    """A line beside those that all workers print is about the missing master."""
    printing(evidence, "no master for the cat", MISSED)
    others_print(evidence, "no master for the cat")


@varied(BASE)
def the_other_workers_have_not_long_to_live(evidence: Evidence) -> None:
    """A worker that ended 4 s after that moment might have said it a second later, since it takes a while to begin."""
    wait = printing(evidence, MISSED, "no master, really")
    others_print(evidence, MISSED)
    for story in (wait, loss_of(evidence)):
        story["group"]["ages"] = dict.fromkeys(story["group"]["ages"], 11.0)


@varied(BASE, fails="says_so", says=("so did all workers that had one",))
def the_other_workers_live_long_enough(evidence: Evidence) -> None:
    """A worker that ended 6 s after that moment would have said it by then."""
    wait = printing(evidence, MISSED)
    others_print(evidence, MISSED, at_once=False)
    for story in (wait, loss_of(evidence)):
        story["group"]["ages"] = dict.fromkeys(story["group"]["ages"], 13.0)


@varied(BASE)
def other_workers_that_never_began(evidence: Evidence) -> None:
    """A worker that never ran its users doesn't count as one that had a master."""
    printing(evidence, MISSED)
    others_print(evidence, MISSED, at_once=False)
    for story in (wait_of(evidence), loss_of(evidence)):
        for name, run in story["group"]["runs"].items():
            if name != "master" and not (story is wait_of(evidence) and name == story["early"]):
                run["record"]["users"] = []


@varied(BASE, fails="recovers", says=("had no master and ended after",))
def a_worker_that_gives_up(evidence: Evidence) -> None:
    """It ends before its master comes."""
    wait_of(evidence)["gave_up"] = True


@varied(BASE, fails="recovers", says=("its users sent no request",))
def a_worker_that_never_begins(evidence: Evidence) -> None:
    """Its master is there, and its users do nothing."""
    wait = wait_of(evidence)
    for own in users_of(evidence, wait, "worker 1"):
        evidence.drop(own)


@varied(BASE, fails="recovers", says=("its users sent no request",))
def a_worker_whose_users_have_no_ids(evidence: Evidence) -> None:
    """Its users ask for visits of some pets, and never for the pets of an owner."""
    for own in users_of(evidence, wait_of(evidence), "worker 1"):
        evidence.drop(filter(is_things, own))


@varied(BASE, fails="recovers", says=("its users sent no request",))
def a_worker_that_had_no_time(evidence: Evidence) -> None:
    """Time was up before its users sent anything."""
    a_worker_that_never_begins.change(evidence)
    wait_of(evidence)["group"]["whole"]["ending"] = "LIMIT"


@varied(BASE, unclear="recovers")
def a_worker_that_had_no_time_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but it took long to import Locust."""
    a_worker_that_had_no_time.change(evidence)
    strained(wait_of(evidence))


@varied(BASE, fails="recovers", says=("worker 1", "opens owners.csv"))
def a_worker_that_reads_meanwhile(evidence: Evidence) -> None:
    """While its master is missing it reads the data file."""
    run_of(wait_of(evidence), "worker 1")["record"]["opened"] = [{**FAULT, "path": "owners.csv"}]


# --- more users than ids


def assign(evidence: Evidence, holders: list[str]) -> None:
    """Make the users hold these owners, and ask only for their pets."""
    wait = wait_of(evidence)
    for own, holder in zip(evidence.visits(wait["group"]["whole"]["journal"]), holders, strict=True):
        evidence.drop(one for one in own if not is_things(one))
        for request in filter(is_things, own):
            request["path"] = f"/owners/{holder}/pets"


def ids_of(evidence: Evidence) -> tuple[list[str], int]:
    """Return the ids of the rows, and how many users there are."""
    group = wait_of(evidence)["group"]
    return [str(row["id"]) for row in group["world"]["rows"]], group["size"]


@varied(BASE)
def two_ids_start_again(evidence: Evidence) -> None:
    """All ids have a user; the others hold the first two of them."""
    ids, size = ids_of(evidence)
    assign(evidence, [*ids, *(2 * ids[:2] * size)[: size - len(ids)]])


@varied(BASE)
def three_ids_start_again_unevenly(evidence: Evidence) -> None:
    """All ids have a user; the others hold the first one, the second one, and then random ones."""
    ids, size = ids_of(evidence)
    again = [ids[0], ids[0], ids[1], ids[2], ids[1], ids[2]]
    assign(evidence, [*ids, *again[: size - len(ids)]])


@varied(BASE, fails="wraps", says=("the first, then the second",))
def one_id_for_the_rest(evidence: Evidence) -> None:
    """All ids have a user; all others hold the first of them."""
    ids, size = ids_of(evidence)
    assign(evidence, [*ids, *[ids[0]] * (size - len(ids))])


@varied(BASE, fails="wraps", says=("nobody holds",))
def one_id_for_nobody(evidence: Evidence) -> None:
    """One id has no user, while others have several."""
    ids, size = ids_of(evidence)
    assign(evidence, [*ids[1:], *(2 * ids[1:])[: size - len(ids) + 1]])


@varied(BASE, fails="wraps", says=("of the users got one",))
def one_user_goes_without(evidence: Evidence) -> None:
    """One user gets no id."""
    wait = wait_of(evidence)
    evidence.drop(users_of(evidence, wait, "worker 2")[-1])
    wait["group"]["whole"]["ending"] = "SILENCE"
