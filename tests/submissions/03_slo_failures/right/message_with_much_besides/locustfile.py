"""Messages with date, time, size, user and seconds beside the milliseconds."""

import time
from random import randint
from datetime import datetime

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
            about = f"{datetime.now().isoformat()} {id(self.user)} {len(response.content)} bytes {response.url}"
            if response.status_code != 200:
                response.failure(f"{about} HTTP {response.status_code} after {elapsed_ms:.1f} ms, not 200")
            elif elapsed_ms > RESPONSE_TIME_LIMIT_MS:
                took = f"{elapsed_ms / 1000:.3f} s or {elapsed_ms:,.2f} ms"
                response.failure(f"{about} took {took}, more than {RESPONSE_TIME_LIMIT_MS:,.0f} ms, {about}")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
