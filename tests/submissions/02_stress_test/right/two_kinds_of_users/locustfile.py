from random import randint

from locust import HttpUser, constant, task


class Adder(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    weight = 3

    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})


class Reader(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)

    @task
    def open_dashboard(self):
        self.client.get("/")
