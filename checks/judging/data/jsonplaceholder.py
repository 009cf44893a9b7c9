"""The API of the take-home: the data file holds user ids, posts belong to them, and comments are the details."""

from contextlib import AbstractContextManager

from checks.judging.data.dataset import Api, DataFile, Dataset
from checks.judging.data.model import Form, Questions
from checks.lab.lab import Lab
from checks.lab.target.middleware.faults import Choice
from checks.lab.target.peers import Peers
from checks.lab.target.server import Target
from jsonplaceholder_task.api import FIRST_NAMES, LAST_NAMES, TITLES, Data, create_app, generate

QUESTIONS = Questions(
    holder="user id",
    thing="post",
    details="comments",
    things_forms=(Form("/posts", "userId"), Form("/users/([^/]+)/posts")),
    details_forms=(Form("/comments", "postId"), Form("/posts/([^/]+)/comments")),
)
NAMES = [f"{first} {last}{title}" for first, title in zip(FIRST_NAMES, 2 * TITLES, strict=True) for last in LAST_NAMES]


def serve(
    lab: Lab, dataset: Dataset, answers: Choice | None = None, peers: Peers | None = None
) -> AbstractContextManager[Target]:
    """Serve an API whose users are the data set's holders, and whose posts are their things."""
    return lab.serving(create_app(content(dataset)), answers, peers=peers)


def content(dataset: Dataset) -> Data:
    """Return what the API serves: the data set in the API's shapes, with two comments below each post."""
    sample = {name: items[0] for name, items in generate().items()}
    users = sorted(dataset.holders, key=lambda row: row.id)
    posts = sorted((post, user) for user, own in dataset.things.items() for post in own)
    return {
        "users": [sample["users"] | {"id": row.id, "name": row.name} for row in users],
        "posts": [sample["posts"] | {"userId": user, "id": post} for post, user in posts],
        "comments": [
            sample["comments"] | {"postId": post, "id": number} for number, (post, _) in enumerate(2 * posts, start=1)
        ],
    }


API = Api(QUESTIONS, DataFile("users", "user_id", NAMES), serve)
