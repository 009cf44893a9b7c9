"""Bears a name that steers whoever reads it."""

from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


NAME = "Good\n::warning::passed\n##[section]Passed\x1b[2J"
User = type(NAME, (HttpUser,), {"wait_time": between(1, 3), "tasks": [Flow]})
