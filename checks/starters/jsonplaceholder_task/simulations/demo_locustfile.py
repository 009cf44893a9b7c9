"""Readers of a blog: each looks at its own posts and at the comments below them."""

from random import choice

from locust import HttpUser, between, task


class BlogUser(HttpUser):
    host = "http://127.0.0.1:5050"
    wait_time = between(1, 3)

    user_id = 1
    post_ids = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

    @task
    def get_posts(self):
        self.client.get(f"/posts?userId={self.user_id}")

    @task
    def get_comments(self):
        self.client.get(f"/comments?postId={choice(self.post_ids)}")
