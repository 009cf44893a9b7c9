"""Raises an exception for each error answer, so that the task ends in an error."""

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
        self.pet_ids = []
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="pets")
        response.raise_for_status()
        self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if not self.pet_ids:
            raise RescheduleTask()
        self.client.get(f"/pets/{self.pet_ids[0]}/visits", name="visits").raise_for_status()
