"""Dealt out by worker, as in right/dealt_in_shares; but its users go round, whether the next owner is free or not."""

import csv
from itertools import cycle
from random import choice

import gevent
from gevent.event import AsyncResult
from locust import HttpUser, between, events, task
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

owner_ids = []
shares = []  # on the master: [owners, the worker that has them]
mine = AsyncResult()  # on a worker
is_there = False


@events.init.add_listener
def on_init(environment, runner, **kwargs):
    global is_there
    is_there = True
    if isinstance(runner, MasterRunner):
        with open("owners.csv", encoding="utf-8", newline="") as file:
            owner_ids.extend(row["owner_id"] for row in csv.DictReader(file))
        runner.register_message("share wanted", deal)
    elif isinstance(runner, WorkerRunner):
        runner.register_message("share", lambda msg, **kwargs: mine.set(cycle(msg.data)))


@events.test_start.add_listener
def on_test_start(environment, **kwargs):
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.send_message("share wanted")


def deal(environment, msg, **kwargs):
    clients = environment.runner.clients
    if not shares:
        count = environment.runner.worker_count
        shares.extend([owner_ids[number::count], None] for number in range(count))
    for share in shares:
        if share[1] not in clients or clients[share[1]].state == STATE_MISSING:
            share[1] = msg.node_id
            environment.runner.send_message("share", share[0], client_id=msg.node_id)
            break


@gevent.spawn
def report():
    while True:
        gevent.sleep(5)
        if is_there:
            return
        print("The master has not been found yet.")


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id, self.pet_ids = next(mine.get()), []

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.ok:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="/pets/[pet_id]/visits")
