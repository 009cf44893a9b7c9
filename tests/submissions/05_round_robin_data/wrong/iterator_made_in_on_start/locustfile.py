"""Each user makes an iterator of its own, which begins with the first row."""

import csv
import itertools
import random

from locust import HttpUser, between, task

with open("owners.csv", encoding="utf-8", newline="") as file:
    owner_ids = [int(row["owner_id"]) for row in csv.DictReader(file)]


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id = next(itertools.cycle(owner_ids))
        self.pet_ids = []

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[id]/pets")
        if response.status_code == 200:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{random.choice(self.pet_ids)}/visits", name="/pets/[id]/visits")
