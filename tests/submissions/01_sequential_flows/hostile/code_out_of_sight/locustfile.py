"""Has code where a reader does not look: far to the right, behind a carriage return, under another alphabet."""

import os
from random import randint

from locust import HttpUser, SequentialTaskSet, between, run_single_user, task


LIMIT = 1                                                                                                                                                                                                                                                                                                            ; os.getppid()
# a commentos.getppid()
lіmit = LIMIT  # the i is Ukrainian
plainㅤ = 1  # and the last letter is a blank


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
