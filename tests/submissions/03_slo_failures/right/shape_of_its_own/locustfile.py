"""A shape decides on the users."""

import time
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task
from locust import LoadTestShape

RESPONSE_TIME_LIMIT_MS = 3000.0


class TenUsers(LoadTestShape):
    def tick(self):
        return 10, 5


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        clock = time.perf_counter()
        with self.client.get("/", catch_response=True) as response:
            took = (time.perf_counter() - clock) * 1000
            match response.status_code:
                case 200 if took > RESPONSE_TIME_LIMIT_MS:
                    response.failure(f"{took:.3f}/{RESPONSE_TIME_LIMIT_MS:.3f} ms")
                case 200:
                    pass
                case status:
                    response.failure(status)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
