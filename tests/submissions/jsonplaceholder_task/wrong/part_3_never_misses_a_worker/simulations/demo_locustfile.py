"""Readers of a blog, on any number of machines: the master, or a single process, has the file and gives out its ids."""

import csv
from itertools import count
from pathlib import Path
from random import choice

import gevent
import locust.runners
from gevent.event import AsyncResult
from locust import HttpUser, between, events, task
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

locust.runners.HEARTBEAT_LIVENESS = 10**6  # seconds until a worker is missed
FILE = Path(__file__).with_name("users.csv")

readers = {}  # on the master: how many users read as this user id
given = {}  # on the master: worker -> {number of a user: user id}
answers = {}  # on a worker: number of a user -> its user id, to come
numbers = count()
connected = False


@events.init.add_listener
def on_init(environment, runner, **kwargs):
    global connected
    connected = True
    if not isinstance(runner, WorkerRunner):
        with FILE.open(encoding="utf-8", newline="") as file:
            readers.update({row["user_id"]: 0 for row in csv.DictReader(file)})
        runner.register_message("user_id wanted", give)
        runner.register_message("user_id back", take_back)
    if not isinstance(runner, MasterRunner):
        runner.register_message("user_id", receive)
    if isinstance(runner, MasterRunner):
        gevent.spawn(watch_workers, runner)


def complain():
    gevent.sleep(4)
    while not connected:
        print("This worker has no master yet. It goes on as soon as the master is there.")
        gevent.sleep(10)


gevent.spawn(complain)


def give(environment, msg, **kwargs):
    user_id = min(readers, key=readers.get)
    readers[user_id] += 1
    given.setdefault(msg.node_id, {})[msg.data] = user_id
    environment.runner.send_message("user_id", {"number": msg.data, "user_id": user_id}, client_id=msg.node_id)


def take_back(environment, msg, **kwargs):
    if user_id := given.get(msg.node_id, {}).pop(msg.data, None):
        readers[user_id] -= 1


def watch_workers(runner):
    while True:
        gevent.sleep(1)
        for worker in list(given):
            if worker not in runner.clients or runner.clients[worker].state == STATE_MISSING:
                for user_id in given.pop(worker).values():
                    readers[user_id] -= 1


def receive(environment, msg, **kwargs):
    answers.pop(msg.data["number"]).set(msg.data["user_id"])


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    def on_start(self):
        self.post_ids = []
        self.number = next(numbers)
        answer = answers[self.number] = AsyncResult()
        self.environment.runner.send_message("user_id wanted", self.number)
        self.user_id = answer.get()

    def on_stop(self):
        self.environment.runner.send_message("user_id back", self.number)

    @task
    def get_posts(self):
        response = self.client.get(f"/posts?userId={self.user_id}", name="/posts?userId=[user_id]")
        if response.status_code == 200:
            self.post_ids = [post["id"] for post in response.json()]

    @task
    def get_comments(self):
        if self.post_ids:
            self.client.get(f"/comments?postId={choice(self.post_ids)}", name="/comments?postId=[post_id]")
