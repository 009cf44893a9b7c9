"""One user in ten is of a kind that thinks; with two users it never comes."""

from random import randint

from locust import HttpUser, SequentialTaskSet, between, constant, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class Stressed(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    weight = 9
    tasks = [AddPetThenOpenDashboard]


class Calm(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
