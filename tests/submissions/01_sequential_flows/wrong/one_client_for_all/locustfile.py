from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


shared = {}


class Flow(SequentialTaskSet):
    def on_start(self):
        self.shop = shared.setdefault("client", self.client)

    @task
    def add_pet(self):
        self.shop.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.shop.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
