import json
import random
from pathlib import Path

from locust import FastHttpUser, between, task


class UserPool:
    """Hands out the ids of the data file in turn."""

    def __init__(self, path):
        self.users = json.loads(path.read_text(encoding="utf-8"))
        self.position = 0

    def take(self):
        user = self.users[self.position]
        self.position = (self.position + 1) % len(self.users)
        return user["user_id"]


pool = UserPool(Path(__file__).parent / "users.json")


class BlogUser(FastHttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    def __init__(self, environment):
        super().__init__(environment)
        self.user_id = pool.take()
        self.post_ids = None

    @task
    def get_posts(self):
        with self.client.get(
            f"/posts?userId={self.user_id}", name="/posts?userId=:id", catch_response=True
        ) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
                return
            try:
                self.post_ids = [post["id"] for post in response.json()]
            except (ValueError, TypeError, KeyError) as error:
                response.failure(f"no list of posts: {error}")

    @task(2)
    def get_comments(self):
        if not self.post_ids:
            return
        post_id = random.choice(self.post_ids)
        with self.client.get(
            f"/comments?postId={post_id}", name="/comments?postId=:id", catch_response=True
        ) as response:
            if response.status_code == 200 and any(c["postId"] != post_id for c in response.json()):
                response.failure("comments of another post")
