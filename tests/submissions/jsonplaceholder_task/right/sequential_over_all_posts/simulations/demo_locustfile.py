import csv
from itertools import cycle
from random import choice

from locust import HttpUser, SequentialTaskSet, between, task

with open("users.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
user_ids = cycle(row["user_id"] for row in rows)


class Reading(SequentialTaskSet):
    def on_start(self):
        self.user_id, self.post_ids = next(user_ids), []

    @task
    def get_posts(self):
        response = self.client.get(f"/users/{self.user_id}/posts", name="posts")
        self.post_ids = [post["id"] for post in response.json()] if response.ok else []

    @task
    def get_comments(self):
        for post_id in self.post_ids:
            self.client.get(f"/comments?postId={post_id}", name="comments")


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)
    tasks = [Reading]
