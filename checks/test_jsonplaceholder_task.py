"""The take-home: each simulated user takes a user id from the data file, and reads its posts and their comments."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

import pytest

from checks.judging import holdings, sharing
from checks.judging.distribution import Distribution
from checks.judging.holdings import Asked, Form, Holdings, Lack, Questions
from checks.judging.pauses import Pause, pauses
from checks.judging.trial import DataFile, Trial, World
from checks.lab import Failed, Lab, NotStarted, require_requests
from checks.lab.target.middleware.faults import Choice
from checks.lab.target.peers import Peers
from checks.lab.target.server import Target
from checks.lab.verdict.figures import is_reported, require_reported
from jsonplaceholder_task.api import FIRST_NAMES, LAST_NAMES, TITLES, Data, create_app, generate

QUESTIONS = Questions(
    holder="user id",
    thing="post",
    details="comments",
    things_forms=(Form("/posts", "userId"), Form("/users/([^/]+)/posts")),
    details_forms=(Form("/comments", "postId"), Form("/posts/([^/]+)/comments")),
)
NAMES = [f"{first} {last}{title}" for first, title in zip(FIRST_NAMES, 2 * TITLES, strict=True) for last in LAST_NAMES]
DATA = DataFile("users", "user_id", NAMES)
POSTS, COMMENTS = 3, 5  # times that each user asks for them before it is judged; COMMENTS where it has posts
THINK_TIME = (1 - 0.1, 3 + 0.1)  # seconds
AT_ODDS = 0.02  # of all think times and requests: a busy machine makes a paced user late now and then


def blog(world: World) -> Data:
    """Return what the API serves: the world in the API's shapes, with two comments below each post."""
    sample = {name: items[0] for name, items in generate().items()}
    posts = sorted((post, user) for user, own in world.things.items() for post in own)
    return {
        "users": [
            sample["users"] | {"id": row.id, "name": row.name} for row in sorted(world.holders, key=lambda r: r.id)
        ],
        "posts": [sample["posts"] | {"userId": user, "id": post} for post, user in posts],
        "comments": [
            sample["comments"] | {"postId": post, "id": number} for number, (post, _) in enumerate(2 * posts, start=1)
        ],
    }


def lacking(held: Holdings) -> Iterator[Lack]:
    """Yield what is lacking until each user has shown what it does."""
    yield from holdings.lacking_users(held)
    yield from holdings.lacking_questions(held, things=POSTS, details=COMMENTS)


@pytest.fixture(scope="module")
def trial(lab: Lab) -> Trial:
    """The submission's runs in one process."""

    def serve(world: World, answers: Choice | None) -> AbstractContextManager[Target]:
        return lab.serving(create_app(blog(world)), answers)

    return Trial(lab, QUESTIONS, DATA, serve, lacking)


# --- part 1: each user its own id


@pytest.mark.criterion(points=1, part=1)
def test_loads(trial: Trial) -> None:
    """Locust loads the file beside another users.csv and users.json, and its users reach the API."""
    require_requests(trial.roomy.run)


@pytest.mark.criterion(points=1, part=1, after="loads")
def test_users(trial: Trial) -> None:
    """Each simulated user is one visitor of the API, who asks for the posts of a user id."""
    run, held, shown = trial.roomy
    holdings.forbid_crowds(held, run)
    holdings.forbid_unnamed_holders(held)
    shown.require_none(holdings.lacking_users(shown), run)


@pytest.mark.criterion(points=2, part=1, after="users")
def test_keeps(trial: Trial) -> None:
    """Each simulated user keeps its user id from start to end."""
    holdings.forbid_second_holder(trial.roomy.held)


@pytest.mark.criterion(points=3, part=1, after="keeps")
def test_rows(trial: Trial) -> None:
    """The simulated users hold the first rows of the file, one each, in the order of the file."""
    holdings.forbid_other_rows(trial.roomy.held)


@pytest.mark.criterion(points=3, part=1, after="rows")
def test_wraps(trial: Trial) -> None:
    """After the last row comes the first one again: with more users than rows, and with a single row."""
    for run, held, shown in (trial.crowded, trial.single):
        require_requests(run)
        shown.require_none(holdings.lacking_users(shown), run)
        holdings.forbid_other_rows(held)
        holdings.forbid_second_holder(held)


# --- part 2: each user its own posts


@pytest.mark.criterion(points=2, part=2, after="users")
def test_goes_on(trial: Trial) -> None:
    """Both tasks go on until the test ends: posts for each user, and comments where there are posts."""
    run, _, shown = trial.roomy
    shown.require_none(lacking(shown), run)


@pytest.mark.criterion(points=3, part=2, after="keeps goes_on")
def test_own_posts(trial: Trial) -> None:
    """The comments are of the user id's own posts, once they are known, and of no others; without posts none."""
    for _, held, _ in (trial.roomy, trial.crowded):
        holdings.forbid_foreign_things(held)


@pytest.mark.criterion(points=2, part=2, after="own_posts")
def test_errors(trial: Trial) -> None:
    """An error answer leaves a user with its id and posts; it ends no task in an error, and stays a failure."""
    run, held, shown = trial.failing
    require_requests(run)
    holdings.forbid_second_holder(held)
    holdings.forbid_foreign_things(held)
    shown.require_none(holdings.lacking_after_errors(shown), run)
    shown.require_none(lacking(shown), run)
    holdings.forbid_hidden_failures(held, run, trial.roomy.run)
    if is_reported(trial.roomy.run):  # what is wrong there too is the business of test_report
        require_reported(run)


@pytest.mark.criterion(points=2, part=2, after="rows goes_on")
def test_report(trial: Trial) -> None:
    """Locust's report has one row for the posts and one for the comments, however many ids there are, and no error."""
    holdings.forbid_scattered_rows(trial.roomy.held, trial.roomy.run)
    require_reported(trial.roomy.run)


@pytest.mark.criterion(points=1, part=2, after="goes_on")
def test_think_time(trial: Trial) -> None:
    """The users think for 1 to 3 seconds after each task, as those of the starter do."""
    (run, held, _), (low, high) = trial.roomy, THINK_TIME
    expected, advice = "1 to 3 seconds after each task", "keep wait_time = between(1, 3) in the user class"
    found = pauses(run)
    long = [wait.asked for wait in run.record.waits if wait.asked > high]
    short = [pause.asked for pause in after_tasks(found) if pause.asked + pause.extra < low]
    for off, count in ((long, len(run.record.waits)), (short, len(found))):
        if len(off) > AT_ODDS * count:
            raise Failed(f"users think for {off[0]:.2f} s; {len(off)} of {count} times are off", expected, advice)
    again = list(asked_again(held, found))
    if len(again) > AT_ODDS * len(found):
        seen = f"{len(again)} of {len(found)} requests ask the same again without a pause, such as {again[0]}"
        raise Failed(seen, expected, f"{advice}, and leave it to Locust to call the tasks: it waits after each")


def after_tasks(found: Iterable[Pause]) -> Iterator[Pause]:
    """Yield the pauses in which a task ended; without each user's first, which pacing counts from the user's start."""
    visitors = set()
    for pause in found:
        if pause.waits and pause.after.visitor in visitors:
            yield pause
        visitors |= {pause.after.visitor} if pause.waits else set()


def asked_again(held: Holdings, found: Iterable[Pause]) -> Iterator[Asked]:
    """Yield the questions that users ask once more without a pause between: no single task does so.

    One task may ask for the posts and then for the comments of each. Before its first pause a user may ask twice: in
    on_start and in a task.
    """
    questions = {
        asked.request.id: ((kind, asked.ids), asked)
        for user in held.users
        for kind, own in enumerate((user.things, user.details))
        for asked in own
    }
    bursts: dict[str, Counter[object]] = {}  # by visitor: what it has asked since its last pause
    paused = set()
    for pause in found:
        visitor = pause.after.visitor
        if visitor not in bursts:
            bursts[visitor] = Counter([questions.get(pause.before.id, (None,))[0]])
        if pause.asked + pause.extra >= THINK_TIME[0]:
            paused.add(visitor)
            bursts[visitor].clear()
        if pause.after.id in questions:
            question, asked = questions[pause.after.id]
            bursts[visitor][question] += 1
            if bursts[visitor][question] > (1 if visitor in paused else 2):
                yield asked


# --- part 3, a bonus: many machines


@pytest.fixture(scope="module")
def distribution(lab: Lab) -> Distribution:
    """The submission's runs as a master and its workers; not started where no message is registered."""
    code = [file for file in lab.submission.files if file.suffix == ".py"]
    if not any(b"register_message" in lab.submission.read(file) for file in code):
        raise NotStarted("part 3 is a bonus; it begins with register_message")

    def serve(lab: Lab, world: World, peers: Peers) -> AbstractContextManager[Target]:
        return lab.serving(create_app(blog(world)), peers=peers)

    return Distribution(lab, QUESTIONS, DATA, serve)


@pytest.mark.criterion(points=2, part=3, bonus=True, after="loads")
def test_master_reads(distribution: Distribution) -> None:
    """The master alone reads the data file, and each user on two workers gets a user id from it."""
    loss = distribution.loss
    sharing.require_loaded(loss.group)
    sharing.require_master_alone_reads(loss.group)
    sharing.require_users(loss.group, loss.before, loss.group.size)


@pytest.mark.criterion(points=2, part=3, bonus=True, after="master_reads")
def test_own_ids(distribution: Distribution) -> None:
    """No user id has two users while another one is free; each user keeps to its own, and to its posts."""
    sharing.require_own_things(distribution.loss)
    sharing.require_no_double_use(distribution.loss)


@pytest.mark.criterion(points=3, part=3, bonus=True, after="own_ids")
def test_lost_worker(distribution: Distribution) -> None:
    """When a worker is killed, its ids are free again within 10 s of the master missing it, and go to others."""
    sharing.require_reclaimed(distribution.loss)


@pytest.mark.criterion(points=1, part=3, bonus=True, after="master_reads")
def test_says_so(distribution: Distribution) -> None:
    """A worker that starts before its master says so within 10 s, in a line that comes only then."""
    sharing.require_message(distribution.wait, distribution.loss)


@pytest.mark.criterion(points=1, part=3, bonus=True, after="master_reads")
def test_recovers(distribution: Distribution) -> None:
    """A worker that starts before its master runs its users as soon as the master is there."""
    sharing.require_recovery(distribution.wait)


@pytest.mark.criterion(points=1, part=3, bonus=True, after="recovers own_ids")
def test_starts_again(distribution: Distribution) -> None:
    """With more users than ids the ids start again: each user gets one, and none is left out."""
    sharing.require_wrap(distribution.wait)
