from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

VERBOSE = True
MOST_ROUNDS = float("inf")
HUGE = 10**400
NAMES = ["Pet"]


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"{NAMES[0]} {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]
