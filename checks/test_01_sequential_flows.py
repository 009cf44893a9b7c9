"""Stage 01: each user adds a pet, then opens the dashboard, and thinks for 1 to 3 seconds after each step."""

import pytest

from checks.judging.host import why_another_host
from checks.judging.pauses import are_all_the_same, outside, pauses
from checks.judging.sequence import out_of_turn, stopped_user, too_slow, were_replaced, why_no_pet, why_out_of_turn
from checks.judging.visitors import looked_like
from checks.lab import Failed, Journal, Lab, Run, amount, aside, blamed, forbid_errors, listed, require_requests
from checks.lab.locust.run import Ending

HOST = "http://127.0.0.1:5000"
ROUNDS = 8  # of both steps, for each user
MIN_ROUNDS = 3  # fewer are no evidence of "again and again"
# Names from randint(1, 10000) repeat by chance: of 12 users with 16 names each, more than 4 repeats come up in fewer
# than 1 run in 10^6 (Poisson with mean 12 * 120 / 10000 = 0.144: 5e-7). A run that is hard to end has many more names.
NAMES = 16
CHANCE_REPEATS = 4
ADD, OPEN = ("POST", "/pets"), ("GET", "/")


@pytest.fixture(scope="module")
def run(lab: Lab) -> Run:
    """One run of a few users against a fresh shop, long enough for each to go round several times."""
    users = lab.rng.randint(4, 12)

    def done(journal: Journal) -> bool:
        # A submission that sleeps by itself does so in real time: after a while fewer rounds are enough.
        rounds = ROUNDS if journal.age < 15 else MIN_ROUNDS
        sent = [len(requests) for requests in journal.visits().values()]
        is_even = journal.age > 10 or (len(sent) >= users and 3 * min(sent) > max(sent))  # latecomers have caught up
        return sum(own > 2 * rounds for own in sent) >= users or (is_even and sum(sent) > 6 * rounds * users)

    with lab.petshop() as shop:
        return lab.swarm(shop, users=users, done=done)


@pytest.mark.criterion(points=1)
def test_loads(run: Run) -> None:
    """Locust loads the file, and its users reach the pet shop."""
    require_requests(run)


@pytest.mark.criterion(points=1, after="loads")
def test_host(run: Run) -> None:
    """The user class names the shop's address as its host."""
    for user in run.record.users:
        if user.host not in (HOST, HOST.replace("127.0.0.1", "localhost")):
            seen = f"host = {user.host!r}" if user.host else "no host"
            raise Failed(f"class {user.name} has {seen}", f"host = {HOST!r}", why_another_host(user.host or "", HOST))


@pytest.mark.criterion(points=1, after="loads")
def test_users(run: Run) -> None:
    """Each simulated user is one visitor of the shop, from its start to the end."""
    if (seen := looked_like(run)) and not were_replaced(run, (ADD, OPEN)):  # test_order reports users that stop
        advice = "send every request through self.client, which keeps the user's cookies"
        if len(run.journal.visits()) <= run.users:
            advice = "let Locust start as many users as it is asked for, each with its own self.client"
        raise Failed(seen + aside(run), f"{run.users} visitors, one for each user", advice)


@pytest.mark.criterion(points=2, after="users")
def test_adds(lab: Lab, run: Run) -> None:
    """Each user adds pets: POST /pets with a name and a category as JSON, answered 201."""
    for number, requests in enumerate(run.journal.visits().values(), start=1):
        posts = [request for request in requests if (request.method, request.path) == ADD]
        if not posts:
            seen = f"user {number} sent no POST /pets, but {listed(requests)}"
            raise blamed(run, seen, "POST /pets from each user", why_no_pet(lab))
        for post in posts:
            if post.status != 201:
                body = "no JSON" if post.json is None else f"the JSON {post.json}"
                advice = 'the shop wants json={"name": ..., "category": "dog"}; what it answered says what is missing'
                raise Failed(f"POST /pets with {body} was answered {post.status}: {post.refusal}", "201", advice, post)


@pytest.mark.criterion(points=1, after="adds")
def test_fresh_names(run: Run) -> None:
    """Each new pet of a user has a fresh name."""
    names = [[pet.json["name"] for pet in own if pet.status == 201][:NAMES] for own in run.journal.visits().values()]
    repeats = [name for own in names for position, name in enumerate(own) if name in own[:position]]
    if len(repeats) > CHANCE_REPEATS:
        seen = f"{len(repeats)} of {sum(map(len, names))} pets have a name that their user had given before"
        raise Failed(
            f"{seen}, such as {repeats[0]!r}",
            "a fresh name each time; one that repeats by chance now and then is fine",
            'make a new name inside the task, each time: f"Pet {randint(1, 10000)}"',
        )


@pytest.mark.criterion(points=2, after="adds")
def test_order(lab: Lab, run: Run) -> None:
    """Each user adds a pet, then opens the dashboard (GET /), and so on in turn."""
    for number, requests in enumerate(run.journal.visits().values(), start=1):
        if (place := out_of_turn(requests, (ADD, OPEN))) is not None:
            seen = f"user {number} sent {listed(requests, place)}; number {place + 1} is out of turn"
            raise blamed(run, seen, "POST /pets, GET /, POST /pets, GET /, ...", why_out_of_turn(lab), requests[place])
    if stopped := stopped_user(run, least=2 * MIN_ROUNDS):
        number, requests = stopped
        if run.ending is Ending.LIMIT:
            raise too_slow(run, number, requests)
        raise blamed(
            run,
            f"user {number} sent {listed(requests, len(requests) - 1)}, and nothing more",
            "both steps, again and again until the test ends",
            "wait_time is a function such as between(1, 3), and no task may end its user",
            requests[-1],
        )


@pytest.mark.criterion(points=1, after="order")
def test_think_time(run: Run) -> None:
    """Each user thinks for 1 to 3 seconds after each step, and draws that time for each pause."""
    found = pauses(run)
    if wrong := outside(run, found, 1, 3):
        many = "all" if len(wrong) == len(found) else f"{len(wrong)} of"
        raise Failed(
            f"{many} {len(found)} think times are off, such as {wrong[0]}",
            "1 to 3 seconds after each step",
            "wait_time = between(1, 3) in the user class; it is in seconds, and comes after each task, not inside one",
        )
    if are_all_the_same(found):
        raise Failed(
            f"all of {len(found)} think times are the same, {found[0].seconds:.2f} s",
            "a time between 1 and 3 seconds that is drawn for each pause, since people differ",
            "between(1, 3) draws a time for each pause; constant(...) gives the same one each time",
        )


@pytest.mark.criterion(points=1, after="order")
def test_report(run: Run) -> None:
    """Locust's own report shows every request that the shop saw, and no failure."""
    forbid_errors(run)
    if (figures := run.record.figures) is None:
        seen = f"Locust ended with status {run.exit_code} and left no report"
        raise Failed(seen, "a run that ends when Locust ends it", "let nothing in the file end the process")
    if abs(figures.requests - len(run.journal)) > run.users:  # each user may have one in flight at the end
        raise Failed(
            f"the shop saw {len(run.journal)} requests, Locust reports {figures.requests}",
            "the same requests in both",
            "send them through self.client; with catch_response=True it takes a with block",
        )
    if figures.failures:
        failure = figures.failures[0]
        raise Failed(
            f"{failure.method} {failure.name} counts as failed {amount(failure.count, 'time')}: {failure.message}",
            "no failure: the shop answered every request well",
            "mark an answer as a failure only where it is one",
        )
