"""First the time, then the status, word for word as such files are published."""

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
        start = time.perf_counter()
        with self.client.get("/", catch_response=True) as response:
            elapsed_ms = (time.perf_counter() - start) * 1000
            if elapsed_ms > RESPONSE_TIME_LIMIT_MS:
                response.failure(f"Response time exceeded {RESPONSE_TIME_LIMIT_MS}ms: ({elapsed_ms:.0f}ms)")
            elif response.status_code != 200:
                response.failure(f"Got non-200 status code: {response.status_code}")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
