"""A user asks every second until an answer is there; the master knows it by its key and always says the same."""

import csv
import os
from pathlib import Path
from random import choice
from uuid import uuid4

import gevent
from locust import HttpUser, SequentialTaskSet, constant, events, task
from locust.runners import MasterRunner

connected = []
books = {}  # on the master: owner -> [(worker, key of a user)]
told = {}  # on a worker: key of a user -> owner


def load():
    with Path(os.path.dirname(__file__), "owners.csv").open(encoding="utf-8", newline="") as lines:
        for owner_id, _name in list(csv.reader(lines))[1:]:
            books[owner_id] = []


def answer(environment, msg, **_):
    user = (msg.node_id, msg.data["key"])
    for owner_id, users in books.items():
        if user in users:
            break
    else:
        owner_id, users = sorted(books.items(), key=lambda entry: len(entry[1]))[0]
        users.append(user)
    environment.runner.send_message("told", {"key": msg.data["key"], "owner_id": owner_id}, msg.node_id)


def strike_out(keep):
    for owner_id in books:
        books[owner_id] = [user for user in books[owner_id] if keep(user)]


def gone(environment, msg, **_):
    strike_out(lambda user: user[1] != msg.data["key"])


def audit(runner):
    while True:
        gevent.sleep(1)
        alive = {client.id for client in runner.clients.ready + runner.clients.spawning + runner.clients.running}
        strike_out(lambda user: user[0] in alive)


def hear(environment, msg, **_):
    told[msg.data["key"]] = msg.data["owner_id"]


def set_up(environment, **_):
    connected.append(True)
    if isinstance(environment.runner, MasterRunner):
        load()
        environment.runner.register_message("tell me", answer)
        environment.runner.register_message("gone", gone)
        gevent.spawn(audit, environment.runner)
    else:
        environment.runner.register_message("told", hear)


events.init.add_listener(set_up)


@gevent.spawn
def nobody_there():
    for seconds in range(1, 600):
        gevent.sleep(1)
        if connected:
            return
        if seconds % 3 == 0:
            print(f"{seconds} s, and the master does not answer; I try on")


class Visit(SequentialTaskSet):
    @task
    def get_pets(self):
        answer = self.client.get(f"/owners/{self.user.owner_id}/pets", name="pets of an owner")
        self.user.pets = answer.json() if answer.status_code == 200 else self.user.pets

    @task
    def get_visits(self):
        if self.user.pets:
            self.client.get("/pets/{id}/visits".format(**choice(self.user.pets)), name="visits of a pet")


class PetShopUser(HttpUser):
    tasks = [Visit]
    wait_time = constant(1)

    def on_start(self):
        self.pets, self.key = [], str(uuid4())
        while self.key not in told:
            self.environment.runner.send_message("tell me", {"key": self.key})
            gevent.sleep(1)
        self.owner_id = told[self.key]

    def on_stop(self):
        self.environment.runner.send_message("gone", {"key": self.key})
