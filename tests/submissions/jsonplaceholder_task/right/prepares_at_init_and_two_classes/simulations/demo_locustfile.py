import csv
from itertools import cycle
from random import choice

from locust import HttpUser, between, constant_pacing, events, task
from locust.runners import MasterRunner

user_ids = None


@events.init.add_listener
def read(environment, **_):
    global user_ids
    if not isinstance(environment.runner, MasterRunner):
        with open("users.csv", encoding="utf-8", newline="") as file:
            user_ids = cycle([int(row["user_id"]) for row in csv.DictReader(file)])


class Reader(HttpUser):
    abstract = True
    host = "http://127.0.0.1:5050"

    def on_start(self):
        self.user_id = next(user_ids)
        self.post_ids = []

    @task
    def get_posts(self):
        response = self.client.get(f"/posts?userId={self.user_id}", name="posts")
        if response.status_code == 200:
            self.post_ids = [post["id"] for post in response.json()]

    @task
    def get_comments(self):
        if self.post_ids:
            self.client.get(f"/comments?postId={choice(self.post_ids)}", name="comments")


class QuickReader(Reader):
    wait_time = between(1, 2)


class SteadyReader(Reader):
    wait_time = constant_pacing(2)
