"""Prepares the shop with visitors of its own, before any user is there."""

import sys
import urllib.request
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

host = sys.argv[sys.argv.index("--host") + 1]
for _ in range(7):
    urllib.request.urlopen(host).read()


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
