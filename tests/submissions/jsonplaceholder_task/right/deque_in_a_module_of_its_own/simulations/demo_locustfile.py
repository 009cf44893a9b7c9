from random import choice

from locust import HttpUser, between, task
from rows import take


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    def on_start(self):
        self.user_id = take()
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
