"""Reads each answer as a list of posts, whatever its status."""

import csv
from itertools import cycle
from random import choice

from locust import HttpUser, between, task

with open("users.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
user_ids = cycle(row["user_id"] for row in rows)


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    def on_start(self):
        self.user_id = next(user_ids)
        self.post_ids = []

    @task
    def get_posts(self):
        response = self.client.get(f"/posts?userId={self.user_id}", name="posts")
        self.post_ids = [post["id"] for post in response.json()]

    @task
    def get_comments(self):
        if self.post_ids:
            self.client.get(f"/comments?postId={choice(self.post_ids)}", name="comments")
