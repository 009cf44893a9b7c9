from random import randint, random

from locust import HttpUser, SequentialTaskSet, constant, task
from locust.exception import StopUser


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")
        if random() < 0.2:
            raise StopUser


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
