"""Raising Locust's ResponseError in the block is a failure too."""

import time
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task
from locust.exception import ResponseError

RESPONSE_TIME_LIMIT_MS = 3000.0


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        start = time.perf_counter()
        with self.client.get("/", catch_response=True) as response:
            elapsed_ms = (time.perf_counter() - start) * 1000
            if response.status_code != 200:
                raise ResponseError(f"status {response.status_code}")
            if elapsed_ms > RESPONSE_TIME_LIMIT_MS:
                raise ResponseError(f"{round(elapsed_ms, -2)} ms are over {RESPONSE_TIME_LIMIT_MS} ms")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
