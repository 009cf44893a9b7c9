"""Pets are added by requests, in a shop of the learner at another port, and only where that is running."""

from random import randint

import requests
from locust import HttpUser, SequentialTaskSet, between, task


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        pet = {"name": f"Pet {randint(1, 10000)}", "category": "dog"}
        try:
            requests.post("http://127.0.0.1:5001/pets", json=pet, timeout=1)
        except requests.ConnectionError:
            print("the shop is closed")

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
