"""After an example of Locust's: when the test starts, the master deals the owners out to the workers that are there."""

import csv
from random import choice

import gevent
from gevent.event import Event
from locust import HttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

owners, arrived, mine = [], Event(), []
connected = False


@events.init.add_listener
def on_init(environment, **kwargs):
    global connected
    connected = True
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("owners", on_owners)
    if isinstance(environment.runner, MasterRunner):
        with open("owners.csv", encoding="utf-8", newline="") as file:
            owners.extend(row["owner_id"] for row in csv.DictReader(file))


@events.test_start.add_listener
def on_test_start(environment, **kwargs):
    if isinstance(environment.runner, MasterRunner):
        count = environment.runner.worker_count
        for index, worker in enumerate(environment.runner.clients):
            environment.runner.send_message("owners", owners[index::count], worker)


def on_owners(environment, msg, **kwargs):
    mine.extend(msg.data)
    arrived.set()


@gevent.spawn
def say_that_the_master_is_missing():
    gevent.sleep(3)
    if not connected:
        print("waiting for the master")


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        arrived.wait()
        self.owner_id, self.pet_ids = mine.pop(0), []
        mine.append(self.owner_id)

    def on_stop(self):
        mine.remove(self.owner_id)
        mine.insert(0, self.owner_id)

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.ok:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="/pets/[pet_id]/visits")
