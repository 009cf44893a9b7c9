"""The master reads the file and sends all of it to each worker, which goes through it by itself."""

import csv
from itertools import cycle
from random import choice

import gevent
from gevent.event import AsyncResult
from locust import HttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

owner_ids = AsyncResult()
connected = False


@events.init.add_listener
def on_init(environment, **kwargs):
    global connected
    connected = True
    if isinstance(environment.runner, MasterRunner):
        with open("owners.csv", encoding="utf-8", newline="") as file:
            all_ids = [row["owner_id"] for row in csv.DictReader(file)]

        def on_ask(environment, msg, **kwargs):
            environment.runner.send_message("owners", all_ids, msg.node_id)

        environment.runner.register_message("ask", on_ask)
    elif isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("owners", on_owners)
        environment.runner.send_message("ask")


def on_owners(environment, msg, **kwargs):
    owner_ids.set(cycle(msg.data))


@gevent.spawn
def say_that_the_master_is_missing():
    gevent.sleep(3)
    if not connected:
        print("waiting for the master")


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id, self.pet_ids = next(owner_ids.get()), []

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.ok:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="/pets/[pet_id]/visits")
