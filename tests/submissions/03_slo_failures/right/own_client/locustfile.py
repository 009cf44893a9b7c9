"""A client of its own: each get is judged, whoever calls it."""

import time
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task
from locust.clients import HttpSession

RESPONSE_TIME_LIMIT_MS = 3000.0


class JudgingSession(HttpSession):
    def get(self, url, **kwargs):
        start = time.perf_counter()
        with super().get(url, catch_response=True, **kwargs) as response:
            elapsed_ms = (time.perf_counter() - start) * 1000
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif elapsed_ms > RESPONSE_TIME_LIMIT_MS:
                response.failure(f"{elapsed_ms:.0f} > {RESPONSE_TIME_LIMIT_MS}")
        return response


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]

    def __init__(self, *args):
        super().__init__(*args)
        self.client = JudgingSession(base_url=self.host, request_event=self.environment.events.request, user=self)
