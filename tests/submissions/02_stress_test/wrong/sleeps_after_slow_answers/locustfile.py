"""Users sleep when an answer took more than half a second, as it does in a crowd."""

import time
from random import randint

from locust import HttpUser, SequentialTaskSet, constant, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        start = time.perf_counter()
        self.client.get("/")
        if time.perf_counter() - start > 0.5:
            time.sleep(0.4)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
