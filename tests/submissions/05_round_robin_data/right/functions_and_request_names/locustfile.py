import csv
import itertools
import random

from locust import HttpUser, TaskSet, between

with open("owners.csv", encoding="utf-8-sig", newline="") as file:
    owners = itertools.cycle(list(csv.DictReader(file)))


def get_pets(self):
    self.client.request_name = "pets"
    response = self.client.get(f"/owners/{self.user.owner}/pets")
    if response.ok:
        self.user.pets = response.json()


def get_visits(self):
    if pets := self.user.pets:
        self.client.request_name = "visits"
        self.client.get("/pets/%d/visits" % random.choice(pets)["id"])


class Looking(TaskSet):
    tasks = {get_pets: 1, get_visits: 2}


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Looking]

    def on_start(self):
        self.owner, self.pets = next(owners)["owner_id"], []
        self.client.get(f"/owners/{self.owner}", name="owner")
