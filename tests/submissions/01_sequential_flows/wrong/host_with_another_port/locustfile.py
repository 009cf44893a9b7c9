"""The host names another port."""

from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5001"
    wait_time = between(1, 3)
    tasks = [Flow]
