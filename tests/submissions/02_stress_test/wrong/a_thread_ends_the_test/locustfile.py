"""A thread ends the test after twelve seconds."""

import threading
from random import randint

from locust import HttpUser, SequentialTaskSet, constant, events, task


@events.test_start.add_listener
def end_soon(environment, **_):
    threading.Timer(12, getattr(environment.runner, "quit")).start()


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
