"""Stage 03: one answer judged wrongly where chance allows one, users that stop, machines that bring answers late."""

from typing import Any

from tests.replay.variations import Evidence, varied

BASE = "03_slo_failures/right/time_and_a_helper"
FAULT = {"file": "locustfile.py", "line": 3, "error": "NameError: name 'x' is not defined", "url": "", "path": ""}
NO_SCRIPT = ("", "added", "afterwards")


def run_of(evidence: Evidence) -> Any:
    return evidence.made("run")


def answers(evidence: Evidence, kind: str, status: int = 200) -> list[Any]:
    """Return the requests that the script has answered in this way, in the order in which they came."""
    journal = sorted(evidence.of(run_of(evidence)["journal"]), key=lambda request: request["start"])
    scripted = [request for request in journal if request["answer"] not in NO_SCRIPT and request["status"] == status]
    return [request for request in scripted if request["answer"].startswith(kind)]


def count_of(evidence: Evidence, request: Any) -> Any:
    """Return what Locust counted of a request."""
    return next(one for one in run_of(evidence)["record"]["counted"] if one["request"] == request["id"])


def fail(evidence: Evidence, requests: list[Any], message: str | None) -> None:
    """Make requests count as failed with this message, or as successes."""
    for request in requests:
        count_of(evidence, request)["failure"] = message
    evidence.report(run_of(evidence))


# --- rounds


@varied(BASE, fails="loads", says=("NameError",))
def a_file_that_stumbles(evidence: Evidence) -> None:
    """The file can't be loaded."""
    run_of(evidence)["record"]["crash"] = FAULT


def user(evidence: Evidence, number: int) -> list[Any]:
    return evidence.visits(run_of(evidence)["journal"])[number]


@varied(BASE, fails="rounds", says=("user 2 opened the dashboard twice",))
def a_round_without_a_pet(evidence: Evidence) -> None:
    """One user, not the first, skips a pet."""
    evidence.drop([user(evidence, 1)[2]])


@varied(BASE, fails="rounds", says=("user 2 opened the dashboard twice",))
def a_later_round_without_a_pet(evidence: Evidence) -> None:
    """One user, not the first, skips a pet in its third round."""
    evidence.drop([user(evidence, 1)[4]])


@varied(BASE)
def a_user_that_adds_no_pets(evidence: Evidence) -> None:
    """A user that opens only the dashboard does so once in each round."""
    evidence.drop(request for request in user(evidence, 1) if request["method"] == "POST")


@varied(BASE)
def a_visit_before_the_rounds(evidence: Evidence) -> None:
    """A user opens the dashboard before its first pet, and once more."""
    own = user(evidence, 1)
    opened = next(request for request in own if request["answer"] == "afterwards")
    for number in (2, 1):
        start = own[0]["start"] - number
        evidence.add([run_of(evidence)["journal"]], opened, start=start, end=start + 0.2)


@varied(BASE, fails="rounds", says=("then they sent no more",))
def an_answer_that_nobody_asked_for(evidence: Evidence) -> None:
    """The users did not reach the end of the script."""
    evidence.drop(answers(evidence, "far over: slow body"))


@varied(BASE, fails="rounds", says=("sent no GET /",))
def no_dashboard_at_all(evidence: Evidence) -> None:
    """The users only add pets."""
    evidence.drop(request for request in evidence.of(run_of(evidence)["journal"]) if request["method"] == "GET")


@varied(BASE, fails="rounds", says=("too few",))
def no_time_for_an_answer(evidence: Evidence) -> None:
    """Time was up before the users reached the end of the script, on a quick machine."""
    evidence.drop(answers(evidence, "far over: slow body"))
    run_of(evidence)["ending"] = "LIMIT"


@varied(BASE, unclear="rounds")
def no_time_for_an_answer_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but importing Locust itself took long."""
    no_time_for_an_answer.change(evidence)
    run_of(evidence)["importing"] = 5.0


@varied(BASE, fails="rounds", says=("too few",))
def no_time_for_an_answer_on_a_machine_that_is_a_little_slow(evidence: Evidence) -> None:
    """An import of three seconds explains no run of a minute."""
    no_time_for_an_answer.change(evidence)
    run_of(evidence)["importing"] = 3.0


@varied(BASE, unclear="rounds")
def no_time_for_an_answer_of_a_slow_shop(evidence: Evidence) -> None:
    """The same, but the shop itself was more than a second late."""
    no_time_for_an_answer.change(evidence)
    slow_shop(evidence, 1100.0)


@varied(BASE, fails="rounds", says=("too few",))
def no_time_for_an_answer_of_a_shop_that_is_a_little_slow(evidence: Evidence) -> None:
    """Less than a second of the shop's own lateness explains no run of a minute."""
    no_time_for_an_answer.change(evidence)
    slow_shop(evidence, 900.0)


@varied(BASE, fails="rounds", says=("too few",))
def no_time_for_an_answer_that_nobody_saw_imported(evidence: Evidence) -> None:
    """A record that does not say when Locust was loaded is no evidence."""
    no_time_for_an_answer.change(evidence)
    run_of(evidence)["importing"] = float("inf")


def a_user_out_of_time(evidence: Evidence) -> None:
    """Make time run out before a user sent another request, and before the last quick answer was asked for."""
    stopping(evidence)["ending"] = "LIMIT"
    evidence.drop(answers(evidence, "quick")[-1:])


@varied(BASE, fails="rounds", says=("too few",))
def a_slow_user_out_of_time(evidence: Evidence) -> None:
    """All kinds of answers came, not all of the script, and one user was not seen again before time was up."""
    a_user_out_of_time(evidence)


@varied(BASE, unclear="rounds")
def a_slow_user_out_of_time_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but the machine is busy."""
    a_user_out_of_time(evidence)
    run_of(evidence)["importing"] = 5.0


@varied(BASE)
def the_end_at_the_last_moment(evidence: Evidence) -> None:
    """Time was up when the script was through."""
    run_of(evidence)["ending"] = "LIMIT"


def stopping(evidence: Evidence) -> Any:
    """Make one user send nothing after the script's last answer; return the run."""
    run = run_of(evidence)
    journal = evidence.of(run["journal"])
    last = max(request["end"] for request in journal if request["answer"] not in NO_SCRIPT)
    evidence.drop(request for request in user(evidence, 1) if request["start"] > last)
    return run


@varied(BASE, fails="rounds", says=("then 1 of them sent no more",))
def a_user_that_stops(evidence: Evidence) -> None:
    """One user ends at a failure."""
    stopping(evidence)


@varied(BASE)
def a_shape_that_stops_a_user(evidence: Evidence) -> None:
    """A shape may remove users."""
    stopping(evidence)["record"]["shape"] = "Steps"


@varied(BASE)
def a_visitor_too_many(evidence: Evidence) -> None:
    """If a user comes back without its cookies, nobody can tell which users have stopped."""
    run = stopping(evidence)
    opened = answers(evidence, "quick")[0]
    evidence.add([run["journal"]], opened, visitor="nobody", answer="", id=10**6)


# --- what Locust counts


@varied(BASE, fails="counted", says=("1 of", "are missing"))
def an_answer_that_is_not_counted(evidence: Evidence) -> None:
    """One request is missing in Locust's figures."""
    counted = run_of(evidence)["record"]["counted"]
    counted.remove(count_of(evidence, answers(evidence, "quick")[0]))


@varied(BASE, fails="counted", says=("status 0 and left no report",))
def no_figures_in_the_end(evidence: Evidence) -> None:
    """Locust ended on its own before its report."""
    run_of(evidence)["record"]["figures"] = None
    run_of(evidence)["exit_code"] = 0


@varied(BASE, fails="counted", says=("status 0 and left no report",))
def no_figures_on_a_busy_machine(evidence: Evidence) -> None:
    """However busy the machine is, the grader has not ended Locust."""
    no_figures_in_the_end.change(evidence)
    run_of(evidence)["importing"] = 5.0


@varied(BASE, fails="counted", says=("status -9 and left no report",))
def an_end_that_takes_too_long(evidence: Evidence) -> None:
    """The grader had to end Locust, on a machine that is quick."""
    no_figures_in_the_end.change(evidence)
    run_of(evidence)["exit_code"] = -9


@varied(BASE, unclear="counted")
def an_end_that_takes_too_long_on_a_busy_machine(evidence: Evidence) -> None:
    """The same, but the machine is busy."""
    an_end_that_takes_too_long.change(evidence)
    run_of(evidence)["importing"] = 5.0


def row_of(evidence: Evidence) -> Any:
    """Return the dashboard's row in the statistics."""
    return next(row for row in run_of(evidence)["record"]["figures"]["rows"] if row["failures"])


@varied(BASE)
def a_failure_in_flight_at_the_end(evidence: Evidence) -> None:
    """The statistics lack two failures of twenty-two."""
    row_of(evidence)["failures"] -= 2


@varied(BASE, fails="counted", says=("and 19 failures", "22 failures were counted"))
def three_failures_are_taken_back(evidence: Evidence) -> None:
    """The statistics lack three failures."""
    row_of(evidence)["failures"] -= 3


@varied(BASE, fails="counted", says=("its table of failures has 0",))
def an_empty_table_of_failures(evidence: Evidence) -> None:
    """The statistics are complete, but don't show what the failures were."""
    run_of(evidence)["record"]["figures"]["failures"] = []


@varied(BASE, fails="counted", says=("22 failures were counted", "of them in the row"))
def failures_in_another_row(evidence: Evidence) -> None:
    """The failures are in the row of the new pets."""
    row = row_of(evidence)
    other = next(one for one in run_of(evidence)["record"]["figures"]["rows"] if one is not row)
    other["failures"], row["failures"] = row["failures"], 0


@varied(BASE)
def a_request_of_each_user_besides(evidence: Evidence) -> None:
    """Each user may have had one request more when Locust made its report."""
    row_of(evidence)["requests"] += run_of(evidence)["users"]


@varied(BASE, fails="counted", says=("Locust's report shows", "requests and 22 failures"))
def requests_that_nobody_counted(evidence: Evidence) -> None:
    """The statistics have one more than that."""
    row_of(evidence)["requests"] += run_of(evidence)["users"] + 1


@varied(BASE)
def requests_that_got_no_answer(evidence: Evidence) -> None:
    """A request that a client's timeout has ended is only in the statistics."""
    requests_that_nobody_counted.change(evidence)
    run_of(evidence)["record"]["lost"] = [{**FAULT, "error": "timed out"}]


@varied(BASE, fails="counted", says=("reached nobody", "timed out"))
def an_answer_that_nobody_waits_for(evidence: Evidence) -> None:
    """A client's timeout ended the wait for one answer."""
    an_answer_that_is_not_counted.change(evidence)
    run_of(evidence)["record"]["lost"] = [{**FAULT, "error": "timed out"}]


@varied(BASE)
def a_timeout_of_another_request(evidence: Evidence) -> None:
    """A client's timeout ended the wait for something else."""
    run_of(evidence)["record"]["lost"] = [{**FAULT, "error": "timed out"}]


@varied(BASE, fails="counted", says=("1 of", "are counted twice"))
def an_answer_that_counts_twice(evidence: Evidence) -> None:
    """One request is counted twice."""
    counted = run_of(evidence)["record"]["counted"]
    counted.append(dict(count_of(evidence, answers(evidence, "quick")[0])))


# --- fast and slow


@varied(BASE)
def one_fast_answer_fails(evidence: Evidence) -> None:
    """A machine may stop the submission between two clocks once."""
    fail(evidence, answers(evidence, "under")[:1], "limit 3000 exceeded: 3050")


@varied(BASE, fails="fast", says=("2 of 12 such answers count as failed",))
def two_fast_answers_fail(evidence: Evidence) -> None:
    """Twice is no chance."""
    fail(evidence, answers(evidence, "under")[:2], "limit 3000 exceeded: 3050")


def slow_shop(evidence: Evidence, ms: float) -> None:
    """Make the shop answer the first pet this much too late."""
    request = next(one for one in evidence.of(run_of(evidence)["journal"]) if one["answer"] == "added")
    request["end"] = request["start"] + 0.35 + ms / 1000


def silent(evidence: Evidence, request: Any, ms: float) -> None:
    """Make all users silent for this long after an answer."""
    evidence.hold_up(run_of(evidence)["journal"], request["end"], ms / 1000)


def said_to_be_late(evidence: Evidence, answered: list[Any]) -> None:
    """Make answers come later than the script wanted, but only by Locust's clock."""
    for request in answered:
        count_of(evidence, request)["milliseconds"] = 2950.0


def late(evidence: Evidence, answered: list[Any]) -> None:
    """Make answers reach Locust later than the shop gave them, with everybody late at that time."""
    said_to_be_late(evidence, answered)
    slow_shop(evidence, 350.0)
    for request in answered:
        silent(evidence, request, 400.0)


@varied(BASE, fails="fast", says=("2 of 12 such answers count as failed",))
def two_answers_said_to_be_late_fail(evidence: Evidence) -> None:
    """Locust's own time is no evidence: the submission can write it."""
    said_to_be_late(evidence, answers(evidence, "under")[:2])
    fail(evidence, answers(evidence, "under")[:2], "limit 3000 exceeded: 3050")


@varied(BASE, fails="fast", says=("2 of 12 such answers count as failed",))
def two_answers_said_to_be_late_fail_before_a_silence(evidence: Evidence) -> None:
    """Nor is it if the users sleep as long: the shop gave all answers in time."""
    two_answers_said_to_be_late_fail.change(evidence)
    for request in answers(evidence, "under")[:2]:
        silent(evidence, request, 400.0)


@varied(BASE, fails="fast", says=("2 of 12 such answers count as failed",))
def two_answers_said_to_be_late_fail_on_a_slow_machine(evidence: Evidence) -> None:
    """Nor is it if the shop was late, but the users went on at once."""
    two_answers_said_to_be_late_fail.change(evidence)
    slow_shop(evidence, 350.0)


@varied(BASE, fails="fast", says=("2 of 12 such answers count as failed",))
def two_quick_answers_fail_on_a_slow_machine(evidence: Evidence) -> None:
    """A machine that is 0.35 s late makes no quick answer one of three seconds."""
    late(evidence, answers(evidence, "quick")[:2])
    fail(evidence, answers(evidence, "quick")[:2], "limit 3000 exceeded: 3050")


@varied(BASE)
def two_late_answers_fail(evidence: Evidence) -> None:
    """An answer that comes 50 ms before the limit proves nothing, however the submission judges it."""
    late(evidence, answers(evidence, "under")[:2])
    fail(evidence, answers(evidence, "under")[:2], "limit 3000 exceeded: 3050")


@varied(BASE, unclear="fast")
def two_fast_answers_fail_beside_a_late_one(evidence: Evidence) -> None:
    """If one answer was late, another one may have been delayed unseen."""
    late(evidence, answers(evidence, "under")[:1])
    fail(evidence, answers(evidence, "under")[1:3], "limit 3000 exceeded: 3050")


@varied(BASE, fails="fast", says=("3 of 11 such answers count as failed",))
def three_fast_answers_fail_beside_a_late_one(evidence: Evidence) -> None:
    """One late answer does not explain three failures."""
    late(evidence, answers(evidence, "under")[:1])
    fail(evidence, answers(evidence, "under")[1:4], "limit 3000 exceeded: 3050")


@varied(BASE)
def two_answers_are_in_time(evidence: Evidence) -> None:
    """Four of six answers just below the limit are late: two are enough to judge by."""
    late(evidence, answers(evidence, "under")[:4])


@varied(BASE, unclear="fast")
def one_answer_is_in_time(evidence: Evidence) -> None:
    """Five of six are late."""
    late(evidence, answers(evidence, "under")[:5])


@varied(BASE, fails="slow", says=("1 of 8 such answers count as successes",))
def one_slow_answer_passes(evidence: Evidence) -> None:
    """One answer over the limit counts as a success."""
    fail(evidence, answers(evidence, "over: slow body")[:1], None)


@varied(BASE, fails="limit", says=("no RESPONSE_TIME_LIMIT_MS",))
def no_constant(evidence: Evidence) -> None:
    """The constant is not there."""
    run_of(evidence)["record"]["constants"] = {}


@varied(BASE, fails="limit", says=("3001.0",))
def another_constant(evidence: Evidence) -> None:
    """The constant is a little more."""
    run_of(evidence)["record"]["constants"]["RESPONSE_TIME_LIMIT_MS"] = 3001.0


# --- messages


def tell(evidence: Evidence, message: str, more: float = 0.0) -> None:
    """Make the last failure of a slow 200 say this, with the milliseconds that it took plus `more`."""
    request = answers(evidence, "over")[-1]
    counted = count_of(evidence, request)
    took = max(1000 * (request["end"] - request["start"]), counted["milliseconds"])
    counted["failure"] = message.format(took + more)


@varied(BASE, fails="slow_message", says=("no limit",))
def a_message_without_the_limit(evidence: Evidence) -> None:
    """One message has only the time."""
    tell(evidence, "exceeded: {:.1f}")


@varied(BASE, fails="slow_message", says=("not the milliseconds that it took",))
def a_message_without_the_time(evidence: Evidence) -> None:
    """One message has only the limit."""
    tell(evidence, "limit 3000.0 exceeded")


@varied(BASE)
def a_time_that_is_measured_late(evidence: Evidence) -> None:
    """On a busy machine a submission may read its clock 0.9 s later."""
    tell(evidence, "limit 3000.0 exceeded: {:.1f}", 900.0)


def too_long(evidence: Evidence, messages: int, more: float, early: float = 0.0) -> None:
    """Make some slow answers' messages name a longer time than they took, and those of the others a shorter one."""
    requests = answers(evidence, "over") + answers(evidence, "far over")
    for number, request in enumerate(requests):
        took = max(1000 * (request["end"] - request["start"]), count_of(evidence, request)["milliseconds"])
        fail(evidence, [request], f"limit 3000.0 exceeded: {took + (more if number < messages else early):.1f}")


@varied(BASE)
def two_times_that_are_too_long(evidence: Evidence) -> None:
    """A machine may twice make a submission read its clock 1.1 s late."""
    too_long(evidence, 2, 1100.0)


@varied(BASE, fails="slow_message", says=("no number in such messages follows the time",))
def three_times_that_are_too_long(evidence: Evidence) -> None:
    """Three times 1.1 s more than it took are no chance."""
    too_long(evidence, 3, 1100.0)


@varied(BASE)
def all_times_a_little_too_long(evidence: Evidence) -> None:
    """0.2 s more than Locust measured may be the machine's, time and again."""
    too_long(evidence, 8, 200.0)


@varied(BASE, fails="slow_message", says=("no number in such messages follows the time",))
def all_times_too_long(evidence: Evidence) -> None:
    """0.3 s more each time come from another clock, on a machine that is otherwise quick."""
    too_long(evidence, 8, 300.0)


@varied(BASE, unclear="slow_message")
def all_times_too_long_on_a_slow_machine(evidence: Evidence) -> None:
    """The same, but an answer reached Locust 0.3 s late: the others may have reached the submission late, too."""
    too_long(evidence, 8, 300.0)
    late_to_locust(evidence, 300.0)


@varied(BASE, fails="slow_message", says=("no number in such messages follows the time",))
def all_times_too_long_on_a_quick_machine(evidence: Evidence) -> None:
    """The same, but no answer reached Locust more than 0.2 s late."""
    too_long(evidence, 8, 300.0)
    late_to_locust(evidence, 200.0)


def late_to_locust(evidence: Evidence, ms: float) -> None:
    """Make a quick answer reach Locust this many milliseconds after the shop gave it."""
    request = answers(evidence, "quick")[0]
    count_of(evidence, request)["milliseconds"] = 1000 * (request["end"] - request["start"]) + ms
    slow_shop(evidence, 350.0)
    silent(evidence, request, ms)


@varied(BASE, fails="slow_message", says=("not the milliseconds that it took",))
def a_clock_in_place_of_a_time(evidence: Evidence) -> None:
    """A minute and more can't be the time of an answer."""
    request = answers(evidence, "over")[-1]
    fail(evidence, [request], "limit 3000.0 exceeded: 60000")


@varied(BASE)
def times_at_the_front(evidence: Evidence) -> None:
    """The time comes first; the limit and other numbers, which differ from message to message, follow."""
    for number, request in enumerate(answers(evidence, "over") + answers(evidence, "far over")):
        took = 1000 * (request["end"] - request["start"])
        fail(evidence, [request], f"{took:.0f} ms > 3000 ms" + " (slow 1 9)" * number)


@varied(BASE)
def times_at_the_back(evidence: Evidence) -> None:
    """The time comes last, and the text in front of it varies in length."""
    for number, request in enumerate(answers(evidence, "over") + answers(evidence, "far over")):
        took = 1000 * (request["end"] - request["start"])
        fail(evidence, [request], "5001 " * number + f"> 3000 ms: {took:.0f} ms")


@varied(BASE, fails="slow_message", says=("no number in such messages follows the time",))
def one_time_for_all(evidence: Evidence) -> None:
    """Each message has the same time, which is longer than all of them took."""
    for request in answers(evidence, "over") + answers(evidence, "far over"):
        fail(evidence, [request], "limit 3000.0 exceeded: 5001")


@varied(BASE, fails="slow_message", says=("not the milliseconds that it took",))
def a_time_that_is_too_short(evidence: Evidence) -> None:
    """150 ms less than it took is no rounding."""
    request = answers(evidence, "over")[-1]
    took = 1000 * (request["end"] - request["start"]) - 150
    fail(evidence, [request], f"limit 3000.0 exceeded: {took:.1f}")


@varied(BASE)
def thousands_that_are_grouped(evidence: Evidence) -> None:
    """All messages have a separator between the thousands."""
    for request in (*answers(evidence, "over"), *answers(evidence, "far over")):
        took = 1000 * (request["end"] - request["start"])
        fail(evidence, [request], f"limit 3,000 ms exceeded: {took:,.1f} ms")


@varied(BASE)
def a_time_that_is_rounded(evidence: Evidence) -> None:
    """80 ms less than it took may have been cut off."""
    request = answers(evidence, "over")[-1]
    took = 1000 * (request["end"] - request["start"]) - 80
    fail(evidence, [request], f"limit 3000.0 exceeded: {took:.1f}")


@varied(BASE)
def three_times_that_are_late(evidence: Evidence) -> None:
    """0.7 s may come more than twice, as long as most times are right."""
    too_long(evidence, 3, 700.0)


@varied(BASE)
def one_time_that_is_very_late(evidence: Evidence) -> None:
    """A machine may stand still for half a minute and more, once."""
    too_long(evidence, 1, 36_000.0)


@varied(BASE, fails="slow_message", says=("no number in such messages follows the time",))
def times_that_locust_is_said_to_have_measured(evidence: Evidence) -> None:
    """All answers are said to have come 0.6 s late, by the message and by Locust's own time."""
    for request in answers(evidence, "over") + answers(evidence, "far over"):
        counted = count_of(evidence, request)
        counted["milliseconds"] = 1000 * (request["end"] - request["start"]) + 600
        counted["failure"] = f"limit 3000.0 exceeded: {counted['milliseconds']:.1f}"


@varied(BASE)
def times_that_locust_measured(evidence: Evidence) -> None:
    """If the shop was late, and the users were silent as long, the message may also name Locust's time."""
    times_that_locust_is_said_to_have_measured.change(evidence)
    slow_shop(evidence, 600.0)
    for request in answers(evidence, "over") + answers(evidence, "far over"):
        silent(evidence, request, 600.0)


@varied(BASE)
def a_fast_answer_that_fails_without_a_number(evidence: Evidence) -> None:
    """An answer that chance allows to fail needs no particular message."""
    fail(evidence, answers(evidence, "under")[:1], "no")


@varied(BASE, fails="status", says=("1 of", "such as a 204"))
def one_204_passes(evidence: Evidence) -> None:
    """One answer without a dashboard counts as a success."""
    fail(evidence, answers(evidence, "quick", 204)[:1], None)


@varied(BASE, fails="status_message", says=("no status in 1 message:",))
def a_message_without_the_status(evidence: Evidence) -> None:
    """One message names no status."""
    fail(evidence, answers(evidence, "quick", 500)[:1], "no dashboard")


@varied(BASE)
def slow_ones_without_a_status(evidence: Evidence) -> None:
    """Of a slow 500 the limit and the time will do."""
    for request in answers(evidence, "over", 500):
        fail(evidence, [request], f"limit 3000.0 exceeded: {1000 * (request['end'] - request['start']):.1f}")


@varied(BASE, fails="status_message", says=("no status in 2 messages", "or with 3000 and the milliseconds"))
def slow_ones_without_a_status_whose_times_are_too_long(evidence: Evidence) -> None:
    """Together with two slow 200s, two slow 500s are said to have taken 1.1 s more than they did: no chance."""
    too_long(evidence, 2, 1100.0)
    for request in answers(evidence, "over", 500):
        took = max(1000 * (request["end"] - request["start"]), count_of(evidence, request)["milliseconds"])
        fail(evidence, [request], f"limit 3000.0 exceeded: {took + 1100.0:.1f}")


@varied(BASE, unclear="status_message")
def slow_ones_without_a_status_on_a_slow_machine(evidence: Evidence) -> None:
    """The same, but an answer reached Locust 0.3 s late."""
    slow_ones_without_a_status_whose_times_are_too_long.change(evidence)
    late_to_locust(evidence, 300.0)


@varied(BASE, fails="status_message", says=("no status in 1 message", "or with 3000 and the milliseconds"))
def a_slow_one_without_a_status_or_a_time(evidence: Evidence) -> None:
    """The limit alone will not do."""
    fail(evidence, answers(evidence, "over", 500)[:1], "limit 3000.0 exceeded")


@varied(BASE, fails="status_message", says=("no status in 1 message",))
def a_quick_one_with_the_limit(evidence: Evidence) -> None:
    """Nor will a limit that the answer has not exceeded."""
    fail(evidence, answers(evidence, "quick", 500)[:1], "limit 3000.0 exceeded: 3100.0")


@varied(BASE)
def one_message_with_another_status(evidence: Evidence) -> None:
    """A number in a message may be another answer's status by chance."""
    fail(evidence, answers(evidence, "quick", 204)[:1], "204 or 500")


@varied(BASE, fails="status_message", says=("2 messages name statuses of other answers", "which names 500"))
def messages_with_other_statuses(evidence: Evidence) -> None:
    """Twice is a list of codes."""
    fail(evidence, answers(evidence, "quick", 204)[:2], "204 or 500")


@varied(BASE)
def times_that_look_like_a_status(evidence: Evidence) -> None:
    """204 ms may be the time that a quick answer took."""
    fail(evidence, answers(evidence, "quick", 500)[:2], "500 in 204 ms")


@varied(BASE, fails="status_message", says=("name statuses of other answers", "which names 204"))
def times_that_are_too_short_for_a_status(evidence: Evidence) -> None:
    """204 ms are no time of a slow answer."""
    fail(evidence, answers(evidence, "over", 500)[:2], "500 in 204 ms")
