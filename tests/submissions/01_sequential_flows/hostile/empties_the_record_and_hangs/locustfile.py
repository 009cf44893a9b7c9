"""Empties the record of its own process and never gets through: as if Locust had not been loaded in time."""

import os
import sys
import time
from random import randint

from locust import HttpUser, SequentialTaskSet, between, run_single_user, task


record = next(word for word in sys.orig_argv if word.endswith(".jsonl"))
os.truncate(record, 0)
time.sleep(10**6)


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


if __name__ == "__main__":
    run_single_user(PetShopUser)
