"""response.elapsed for the headers, a clock for the body."""

import time
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

RESPONSE_TIME_LIMIT_MS = 3000.0


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        with self.client.get("/", stream=True, catch_response=True) as response:
            clock = time.perf_counter()
            response.content
            took = response.elapsed.total_seconds() + time.perf_counter() - clock
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif took * 1000 > RESPONSE_TIME_LIMIT_MS:
                response.failure(f"{took * 1000:.0f} ms, limit {RESPONSE_TIME_LIMIT_MS:.0f}")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
