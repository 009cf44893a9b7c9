"""A worker asks for a hundred at once, whatever its users need: there are none left for the next one."""

import csv
import logging
import sys
from collections import Counter, defaultdict
from pathlib import Path
from random import choice

import gevent
from gevent.queue import Queue
from locust import FastHttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

DATA = Path(__file__).with_name("owners.csv")
is_worker = "--worker" in sys.argv


class Desk:
    """The master's side."""

    def __init__(self, runner):
        with DATA.open(encoding="utf-8", newline="") as file:
            self.owners = [int(row["owner_id"]) for row in csv.DictReader(file)]
        self.runner = runner
        self.held = defaultdict(list)
        runner.register_message("want", self.hand_out)
        runner.register_message("back", self.take_back)
        gevent.spawn(self.forget_the_dead)

    def hand_out(self, environment, msg, **kwargs):
        users = Counter(owner for owners in self.held.values() for owner in owners)
        batch = []
        for _ in range(msg.data):
            owner = min(self.owners, key=lambda owner: users[owner])
            users[owner] += 1
            batch.append(owner)
        self.held[msg.node_id] += batch
        self.runner.send_message("batch", batch, msg.node_id)

    def take_back(self, environment, msg, **kwargs):
        if msg.data in self.held[msg.node_id]:
            self.held[msg.node_id].remove(msg.data)

    def forget_the_dead(self):
        while True:
            gevent.sleep(2)
            alive = {client.id for client in self.runner.clients.all if client.state != "missing"}
            for worker in self.held.keys() - alive:
                del self.held[worker]


class Counterpart:
    """The worker's side."""

    def __init__(self, runner):
        self.runner, self.wanted, self.owners = runner, 0, Queue()
        runner.register_message("batch", self.receive)
        gevent.spawn(self.ask)

    def receive(self, environment, msg, **kwargs):
        for owner in msg.data:
            self.owners.put(owner)

    def ask(self):
        while True:
            gevent.sleep(0.05)
            if self.wanted > self.owners.qsize():
                self.runner.send_message("want", 100)
                gevent.sleep(1)

    def next_owner(self):
        self.wanted += 1
        owner = self.owners.get()
        self.wanted -= 1
        return owner


counterpart = None


@events.init.add_listener
def on_init(environment, **kwargs):
    global counterpart
    if isinstance(environment.runner, MasterRunner):
        Desk(environment.runner)
    elif isinstance(environment.runner, WorkerRunner):
        counterpart = Counterpart(environment.runner)


def warn():
    while True:
        gevent.sleep(4)
        if counterpart:
            return
        logging.warning("still without a connection to the master: is it running?")


if is_worker:
    gevent.spawn(warn)


class PetShopUser(FastHttpUser):
    wait_time = between(1, 3)
    owner_id = None

    def on_start(self):
        self.owner_id = counterpart.next_owner()
        self.pets = []

    def on_stop(self):
        if self.owner_id is not None:
            self.environment.runner.send_message("back", self.owner_id)

    @task
    def get_pets(self):
        with self.client.get(
            f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets", catch_response=True
        ) as response:
            if response.status_code == 200:
                self.pets = response.json()

    @task(2)
    def get_visits(self):
        if self.pets:
            self.client.get(f"/pets/{choice(self.pets)['id']}/visits", name="/pets/[pet_id]/visits")
