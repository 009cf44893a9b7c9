"""The master pushes: each worker gets as many owners as it is to run users, again and again until it says thanks."""

import json
import math
from collections import Counter
from random import choice

import gevent
from gevent.event import Event
from locust import HttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

owners = []
packets = {}  # on the master: worker -> [owners, whether it said thanks]
mine, arrived = [], Event()  # on a worker
there = Event()


def push(runner):
    while True:
        gevent.sleep(0.3)
        alive = [client.id for client in runner.clients.all if client.state != "missing"]
        for worker in set(packets).difference(alive):
            del packets[worker]
        if not runner.target_user_count:
            continue
        share = math.ceil(runner.target_user_count / len(alive)) if alive else 0
        for worker in alive:
            if worker not in packets:
                users = Counter({owner: 0 for owner in owners})
                users.update(owner for packet, _ in packets.values() for owner in packet)
                packet = []
                for _ in range(share):
                    owner = min(users, key=users.get)
                    users[owner] += 1
                    packet.append(owner)
                packets[worker] = [packet, False]
            if not packets[worker][1]:
                runner.send_message("packet", packets[worker][0], worker)


def on_thanks(environment, msg, **kwargs):
    packets[msg.node_id][1] = True


def on_packet(environment, msg, **kwargs):
    if not arrived.is_set():
        mine.extend(msg.data)
        arrived.set()
    environment.runner.send_message("thanks")


@events.init.add_listener
def prepare(environment, **kwargs):
    there.set()
    if isinstance(environment.runner, MasterRunner):
        with open("owners.json", encoding="utf-8") as file:
            owners.extend(row["owner_id"] for row in json.load(file))
        environment.runner.register_message("thanks", on_thanks)
        gevent.spawn(push, environment.runner)
    elif isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("packet", on_packet)


def look_for_the_master():
    if not there.wait(timeout=2):
        print("waiting for the master to come up ...")


gevent.spawn(look_for_the_master)


class PetShopUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        self.pet_ids = set()
        arrived.wait()
        self.owner_id = mine.pop(0)

    def on_stop(self):
        mine.append(self.owner_id)

    @task
    def get_pets(self):
        with self.client.get(f"/owners/{self.owner_id}/pets", name="pets", catch_response=True) as response:
            if response.status_code == 200:
                self.pet_ids = {pet["id"] for pet in response.json()}
            else:
                response.failure(f"status {response.status_code}")

    @task
    def get_visits(self):
        for pet_id in self.pet_ids:
            self.client.get(f"/pets/{pet_id}/visits", name="visits")
