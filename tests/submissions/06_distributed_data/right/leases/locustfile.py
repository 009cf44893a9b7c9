"""Owners are lent, not given: who does not say every second that it is alive has lost them after five."""

import json
import logging
import time
from itertools import count
from pathlib import Path
from random import choice

import gevent
from gevent.event import Event
from locust import HttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

LEASE = 5
lent = []  # on the master: [owner, worker, user]
owners = []
renewed = {}  # on the master: worker -> when it was heard last
letters, arrived = {}, {}  # on a worker: user -> event, user -> owner
numbers = count(1)
state = {"joined": False}


@events.init.add_listener
def _(environment, **kwargs):
    state["joined"] = True
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        owners.extend(row["owner_id"] for row in json.loads(Path("owners.json").read_text(encoding="utf-8")))
        runner.register_message("lend", lend)
        runner.register_message("renew", renew)
        runner.register_message("release", release)
    elif isinstance(runner, WorkerRunner):
        runner.register_message("lent", receive)
        gevent.spawn(keep_renewing, runner)


def lend(environment, msg, **kwargs):
    renewed[msg.node_id] = time.monotonic()
    lent[:] = [lease for lease in lent if time.monotonic() - renewed[lease[1]] < LEASE]
    taken = [owner for owner, _, _ in lent]
    owner = min(owners, key=taken.count)
    lent.append((owner, msg.node_id, msg.data["user"]))
    environment.runner.send_message("lent", {"user": msg.data["user"], "owner": owner}, client_id=msg.node_id)


def renew(environment, msg, **kwargs):
    renewed[msg.node_id] = time.monotonic()


def release(environment, msg, **kwargs):
    lent[:] = [lease for lease in lent if lease[1:] != (msg.node_id, msg.data["user"])]


def receive(environment, msg, **kwargs):
    arrived[msg.data["user"]] = msg.data["owner"]
    letters[msg.data["user"]].set()


def keep_renewing(runner):
    while True:
        runner.send_message("renew")
        gevent.sleep(1)


def complain():
    while True:
        gevent.sleep(2.5)
        if state["joined"]:
            break
        logging.error("cannot reach the master, will keep trying")


gevent.spawn(complain)


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        self.number, self.pets = next(numbers), ()
        letters[self.number] = letter = Event()
        self.environment.runner.send_message("lend", {"user": self.number})
        letter.wait()
        self.owner = arrived.pop(self.number)

    def on_stop(self):
        self.environment.runner.send_message("release", {"user": self.number})

    @task(3)
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner}/pets", name="/owners/*/pets")
        if response.status_code == 200:
            self.pets = tuple(pet["id"] for pet in response.json())

    @task(5)
    def get_visits(self):
        if self.pets:
            self.client.get(f"/pets/{choice(self.pets)}/visits", name="/pets/*/visits")
