"""Readers of a blog: each looks at its own posts and at the comments below them, on however many workers."""

import csv
import logging
from collections import Counter
from itertools import count
from pathlib import Path
from random import choice

import gevent
from gevent.event import AsyncResult, Event
from locust import HttpUser, between, events, task
from locust.runners import STATE_MISSING, WorkerRunner

user_ids = []  # on the master: all ids of the file
held = {}  # on the master: worker -> {number of a user: its user id}
answers = {}  # on a worker: number of a waiting user -> the result that it waits for
numbers = count()  # each user of this process takes one
connected = Event()  # set at init; on a worker that is when its master has answered


@events.init.add_listener
def on_init(runner, **_):
    if not isinstance(runner, WorkerRunner):
        with Path(__file__).with_name("users.csv").open(encoding="utf-8", newline="") as file:
            user_ids.extend(row["user_id"] for row in csv.DictReader(file))
        runner.register_message("user_id_wanted", on_wanted)
        runner.register_message("user_id_released", on_released)
    runner.register_message("user_id_assigned", on_assigned)
    connected.set()


def on_wanted(environment, msg, **_):
    for worker in held.keys() - {msg.node_id}:  # the worker that asks is alive
        node = environment.runner.clients.get(worker)
        if node is None or node.state == STATE_MISSING:  # it has quit, or it was killed
            del held[worker]
    user_id = next_user_id()
    held.setdefault(msg.node_id, {})[msg.data] = user_id
    answer = {"user": msg.data, "user_id": user_id}
    environment.runner.send_message("user_id_assigned", answer, client_id=msg.node_id)


def next_user_id():
    """Return the id that the fewest users hold; of several, the first in the file."""
    users = Counter(user_id for ids in held.values() for user_id in ids.values())
    return min(user_ids, key=lambda user_id: users[user_id])


def on_released(msg, **_):
    held.get(msg.node_id, {}).pop(msg.data, None)


def on_assigned(msg, **_):
    answers.pop(msg.data["user"]).set(msg.data["user_id"])


def say_that_no_master_answers():
    while not connected.wait(timeout=5):
        logging.warning("no master answers: this worker waits for it")


gevent.spawn(say_that_no_master_answers)


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    def on_start(self):
        self.post_ids = []
        self.number = next(numbers)
        answer = answers[self.number] = AsyncResult()
        connected.wait()  # a late worker may start users before its init event
        self.environment.runner.send_message("user_id_wanted", self.number)
        self.user_id = answer.get()

    def on_stop(self):
        self.environment.runner.send_message("user_id_released", self.number)

    @task
    def get_posts(self):
        response = self.client.get(f"/posts?userId={self.user_id}", name="/posts?userId=[user_id]")
        if response.status_code == 200:
            self.post_ids = [post["id"] for post in response.json()]

    @task
    def get_comments(self):
        if self.post_ids:
            self.client.get(f"/comments?postId={choice(self.post_ids)}", name="/comments?postId=[post_id]")
