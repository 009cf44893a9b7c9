"""Pauses 0.2 s after each request; each request is a good one, and steps seldom repeat."""
import time
from random import choice
from locust import HttpUser, constant, task

PATHS = ["/", "/health", "/openapi.json", "/pets", "/owners", "/owners/407", "/owners/407/pets", "/pets/9", "/pets/9/visits"]
STEPS = [(method, path) for path in PATHS for method in ("GET", "HEAD", "OPTIONS")]


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)

    @task
    def look(self):
        method, path = choice(STEPS)
        self.client.request(method, path)
        time.sleep(0.2)
