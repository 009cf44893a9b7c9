from random import randint

from gevent.lock import BoundedSemaphore
from locust import HttpUser, SequentialTaskSet, constant, task

turn = BoundedSemaphore(50)


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        with turn:
            self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        with turn:
            self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
