"""The time is drawn when the file is read, and never again."""

from random import randint, uniform

from locust import HttpUser, SequentialTaskSet, constant, task


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(uniform(1, 3))
    tasks = [Flow]
