"""Users sleep when there are more than ten of them."""

import time
from random import randint

from locust import HttpUser, SequentialTaskSet, constant, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")
        if self.user.environment.runner.user_count > 10:
            time.sleep(0.3)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
