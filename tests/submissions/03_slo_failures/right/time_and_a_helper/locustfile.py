"""The wall clock, and a method that judges."""

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
        before = time.time()
        with self.client.get("/", catch_response=True) as response:
            self.judge(response, 1000 * (time.time() - before))

    def judge(self, response, took):
        if response.status_code != 200:
            return response.failure(f"HTTP {response.status_code}")
        if took > RESPONSE_TIME_LIMIT_MS:
            return response.failure(f"limit {RESPONSE_TIME_LIMIT_MS} exceeded: {took:.1f}")
        return response.success()


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
