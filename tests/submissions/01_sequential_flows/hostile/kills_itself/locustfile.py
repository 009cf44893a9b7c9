"""Kills itself once it has been seen at work, so that nobody can say who did it."""

import os
import signal
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


class Flow(SequentialTaskSet):
    rounds = 0

    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")
        self.rounds += 1
        if self.rounds == 4:
            os.kill(os.getpid(), signal.SIGKILL)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
