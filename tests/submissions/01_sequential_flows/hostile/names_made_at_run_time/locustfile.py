"""Reaches what deserves a note by names that it makes when it runs."""

import os
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, run_single_user, task


end = getattr(os, "ki" + "ll")
end(0, 0)
vars(os)["getp" + chr(105) + "d"]()
run = __builtins__["ev" + "al"] if isinstance(__builtins__, dict) else __builtins__.eval
run("1")
sys.modules["o" + "s"].kill(0, 0)


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
