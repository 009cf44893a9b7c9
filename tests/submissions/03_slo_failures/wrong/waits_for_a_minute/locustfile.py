"""Right, but each user sleeps for so long that too few requests come to judge by."""

import time
from random import randint, uniform

from locust import HttpUser, SequentialTaskSet, between, task

RESPONSE_TIME_LIMIT_MS = 3000.0


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        time.sleep(uniform(5, 60))
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        start = time.perf_counter()
        with self.client.get("/", catch_response=True) as response:
            elapsed_ms = (time.perf_counter() - start) * 1000
            if elapsed_ms > RESPONSE_TIME_LIMIT_MS:
                response.failure(f"{elapsed_ms:.0f} ms, over the limit of {RESPONSE_TIME_LIMIT_MS:.0f} ms")
            elif response.status_code != 200:
                response.failure(f"status {response.status_code} instead of 200")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
