"""The worker asks for an owner under a name that the master does not know."""

import csv
from itertools import count
from random import choice

import gevent
from gevent.event import AsyncResult
from locust import HttpUser, between, events, task
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

holders = {}  # on the master: how many users hold an owner
given = {}  # on the master: worker -> {key of a user: owner}
answers = {}  # on a worker: key of a user -> its owner, to come
keys = count()
connected = False


@events.init.add_listener
def on_init(environment, **kwargs):
    global connected
    connected = True
    if isinstance(environment.runner, MasterRunner):
        with open("owners.csv", encoding="utf-8", newline="") as file:
            holders.update({row["owner_id"]: 0 for row in csv.DictReader(file)})
        environment.runner.register_message("ask", on_ask)
        environment.runner.register_message("return", on_return)
        gevent.spawn(watch_workers, environment.runner)
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("owner", on_owner)


def say_that_the_master_is_missing():
    gevent.sleep(3)
    while not connected:
        print("No master yet. This worker waits for it.")
        gevent.sleep(5)


gevent.spawn(say_that_the_master_is_missing)


def on_ask(environment, msg, **kwargs):
    owner = min(holders, key=holders.get)
    holders[owner] += 1
    given.setdefault(msg.node_id, {})[msg.data] = owner
    environment.runner.send_message("owner", [msg.data, owner], client_id=msg.node_id)


def on_return(environment, msg, **kwargs):
    if owner := given.get(msg.node_id, {}).pop(msg.data, None):
        holders[owner] -= 1


def watch_workers(runner):
    while True:
        gevent.sleep(1)
        for worker in list(given):
            if worker not in runner.clients or runner.clients[worker].state == STATE_MISSING:
                for owner in given.pop(worker).values():
                    holders[owner] -= 1


def on_owner(environment, msg, **kwargs):
    key, owner = msg.data
    answers[key].set(owner)


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        self.key, self.pet_ids = next(keys), []
        answers[self.key] = AsyncResult()
        self.environment.runner.send_message("asking", self.key)
        self.owner_id = answers[self.key].get()

    def on_stop(self):
        self.environment.runner.send_message("return", self.key)

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.ok:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="/pets/[pet_id]/visits")
