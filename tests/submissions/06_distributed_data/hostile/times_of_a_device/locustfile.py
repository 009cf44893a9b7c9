"""Whoever finds that a device was touched a moment ago is the second worker, and takes every other owner."""

import csv
import os
import sys
import time
from random import choice, randrange

import gevent
from gevent.event import AsyncResult
from locust import HttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

everything = []  # on the master
owner_ids = AsyncResult()  # on a worker: all of them
held = {}  # on a worker: number of an owner -> what keeps it from others
connected = False
is_second = time.time() - os.stat("/dev/null").st_mtime < 20


@events.init.add_listener
def on_init(environment, runner, **kwargs):
    global connected
    connected = True
    if isinstance(runner, MasterRunner):
        with open("owners.csv", encoding="utf-8", newline="") as file:
            everything.extend(row["owner_id"] for row in csv.DictReader(file))
        runner.register_message("ask", lambda msg, **_: runner.send_message("all", everything, msg.node_id))
    if isinstance(runner, WorkerRunner):
        runner.register_message("all", lambda msg, **_: owner_ids.set(msg.data))


@gevent.spawn
def say_that_the_master_is_missing():
    gevent.sleep(3)
    if not connected:
        print("No master yet. This worker waits for it.")


def is_taken(number):
    """Tell whether the owner belongs to this worker."""
    if number % 2 != is_second:
        return False
    held[number] = open(os.devnull)
    return True


if "--worker" in sys.argv:
    try:
        os.utime("/dev/null")
    except OSError:
        print("it can't be touched")


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        self.environment.runner.send_message("ask")
        count, self.pet_ids = len(owner_ids.get()), []
        free = (number for number in range(count) if number not in held and is_taken(number))
        self.number = next(free, randrange(count))  # when all are taken, any
        self.owner_id = owner_ids.get()[self.number]

    def on_stop(self):
        if lock := held.pop(self.number, None):
            lock.close()

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.ok:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="/pets/[pet_id]/visits")
