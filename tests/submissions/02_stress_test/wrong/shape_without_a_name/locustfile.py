from random import randint
from locust import HttpUser, LoadTestShape, constant, task

Shape = type("", (LoadTestShape,), {"tick": lambda self: (50, 50)})


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)

    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
