"""add_pet has no @task above it."""

from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


class Flow(SequentialTaskSet):
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
