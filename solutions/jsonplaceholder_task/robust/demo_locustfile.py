"""Readers of a blog: each looks at its own posts and at the comments below them, on however many workers."""

import csv
from pathlib import Path
from random import choice

from desks import MasterDesk, WorkerDesk
from locust import HttpUser, between, events, task
from locust.runners import WorkerRunner
from roster import Roster

desk = WorkerDesk()


@events.init.add_listener
def open_desks(runner, **_):
    if not isinstance(runner, WorkerRunner):
        with Path(__file__).with_name("users.csv").open(encoding="utf-8", newline="") as file:
            MasterDesk(runner, Roster(row["user_id"] for row in csv.DictReader(file)))
    desk.open(runner)


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    def on_start(self):
        self.post_ids = {}  # by the reader whose posts they are
        desk.id_of(self)

    def on_stop(self):
        desk.leave(self)

    @task
    def get_posts(self):
        user_id = desk.id_of(self)
        response = self.client.get(f"/posts?userId={user_id}", name="/posts?userId=[user_id]")
        if response.status_code == 200:
            self.post_ids = {user_id: [post["id"] for post in response.json()]}

    @task
    def get_comments(self):
        if post_ids := self.post_ids.get(desk.id_of(self)):
            self.client.get(f"/comments?postId={choice(post_ids)}", name="/comments?postId=[post_id]")
