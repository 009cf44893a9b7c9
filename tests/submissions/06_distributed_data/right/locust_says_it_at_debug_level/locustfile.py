"""Locust itself knows that the master is missing; its logger is turned up so that it says so at once."""

import csv
import logging
from random import choice

import gevent
from gevent.queue import Queue
from locust import HttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

# Not at once: Locust sets its levels after it has read this file.
gevent.spawn(logging.getLogger("locust.runners").setLevel, logging.DEBUG)

owners = []
users_of = {}  # on the master: worker -> the owners that its users have
inbox = Queue()  # on a worker: owners that have come; which of its users takes which is all the same


@events.init.add_listener
def on_init(environment, **kwargs):
    if isinstance(environment.runner, MasterRunner):
        with open("owners.csv", newline="", encoding="utf-8") as file:
            owners.extend(row["owner_id"] for row in csv.DictReader(file))
        environment.runner.register_message("another", on_another)
        environment.runner.register_message("done", on_done)
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("here", lambda environment, msg, **kwargs: inbox.put(msg.data))


def on_another(environment, msg, **kwargs):
    clients = environment.runner.clients
    for worker in list(users_of):
        if worker not in clients or clients[worker].state == "missing":
            del users_of[worker]
    taken = [owner for held in users_of.values() for owner in held]
    owner = min(owners, key=taken.count)
    users_of.setdefault(msg.node_id, []).append(owner)
    environment.runner.send_message("here", owner, msg.node_id)


def on_done(environment, msg, **kwargs):
    users_of[msg.node_id].remove(msg.data)


class PetShopUser(HttpUser):
    wait_time = between(1, 3)
    owner = None

    def on_start(self):
        self.environment.runner.send_message("another")
        self.owner = inbox.get()
        self.get_pets()

    def on_stop(self):
        self.environment.runner.send_message("done", self.owner)

    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner}/pets", name="/owners/{id}/pets")
        self.pets = response.json() if response.status_code == 200 else []

    @task
    def refresh(self):
        self.get_pets()

    @task
    def get_visits(self):
        if self.pets:
            self.client.get(f"/pets/{choice(self.pets)['id']}/visits", name="/pets/{id}/visits")
