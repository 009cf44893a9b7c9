"""The promise and its judge in a module of their own."""

from random import randint

import slo
from locust import HttpUser, SequentialTaskSet, between, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        with slo.watched(self.client, "/") as response:
            assert response is not None


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
