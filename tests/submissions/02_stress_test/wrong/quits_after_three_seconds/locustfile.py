"""A timer ends the test after three seconds."""

import gevent
from random import randint

from locust import HttpUser, SequentialTaskSet, constant, events, task


@events.test_start.add_listener
def end_soon(environment, **_):
    gevent.spawn_later(3, environment.runner.quit)


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
