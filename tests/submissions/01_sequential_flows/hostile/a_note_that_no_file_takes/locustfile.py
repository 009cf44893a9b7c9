"""Right, but for a line whose note holds half a character and a colour: the report would not be written, with its notes."""

import importlib
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


def unused():
    importlib.import_module("subprocess.\ud800\x1b[31m")


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
