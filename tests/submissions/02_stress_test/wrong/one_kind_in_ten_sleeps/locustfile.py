"""One user in ten is of a kind that sleeps in its task; with two users it never comes."""

import gevent
from random import randint

from locust import HttpUser, SequentialTaskSet, constant, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class Sleepy(AddPetThenOpenDashboard):
    @task
    def rest(self):
        gevent.sleep(1)


class Stressed(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    weight = 9
    tasks = [AddPetThenOpenDashboard]


class Calm(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [Sleepy]
