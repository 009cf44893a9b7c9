import csv
import itertools
import random

from locust import HttpUser, between, task

with open("owners.csv", encoding="utf-8", newline="") as file:
    owner_ids = [int(row["owner_id"]) for row in csv.DictReader(file)]
owners = itertools.cycle(owner_ids)
pets_of = {}


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id = next(owners)

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="pets")
        if response.status_code == 200:
            pets_of[self.owner_id] = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if pet_ids := pets_of.get(self.owner_id):
            self.client.get(f"/pets/{random.choice(pet_ids)}/visits", name="visits")
