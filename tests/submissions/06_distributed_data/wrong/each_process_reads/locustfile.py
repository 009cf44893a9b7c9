"""Stage 05 as it was: every process reads the file and counts for itself."""

import csv
from itertools import cycle
from random import choice

import gevent
from locust import HttpUser, between, events, task

with open("owners.csv", encoding="utf-8", newline="") as file:
    owner_ids = cycle([row["owner_id"] for row in csv.DictReader(file)])
connected = False


@events.init.add_listener
def on_init(**kwargs):
    global connected
    connected = True


@gevent.spawn
def say_that_the_master_is_missing():
    gevent.sleep(3)
    if not connected:
        print("waiting for the master")


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id, self.pet_ids = next(owner_ids), []

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.ok:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="/pets/[pet_id]/visits")
