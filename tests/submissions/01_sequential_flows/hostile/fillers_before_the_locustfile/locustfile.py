"""Hides behind files whose names come first and whose code is full of what deserves a note."""

import os
from random import randint

from locust import HttpUser, SequentialTaskSet, between, run_single_user, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")
        os.kill(0, 0)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]


if __name__ == "__main__":
    run_single_user(PetShopUser)
