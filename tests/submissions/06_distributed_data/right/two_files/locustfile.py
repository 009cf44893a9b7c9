"""A pool on the master, a desk on each worker; the pool stands in a file of its own and is imported where it is used."""

import json
from random import choice

import gevent
from gevent.event import AsyncResult
from gevent.lock import BoundedSemaphore
from locust import HttpUser, between, events, task
from locust.runners import MasterRunner, WorkerRunner

reply = AsyncResult()
counter = BoundedSemaphore()  # one user at a time stands at the counter
has_begun = False


def serve(runner):
    from pool import Pool

    with open("owners.json", "rb") as file:
        pool = Pool([row["owner_id"] for row in json.load(file)])

    def on_take(msg, **kwargs):
        pool.keep_only([client.id for client in runner.clients.all if client.state != "missing"])
        runner.send_message("taken", {"owner": pool.take(msg.node_id, msg.data)}, msg.node_id)

    runner.register_message("take", on_take)
    runner.register_message("release", lambda msg, **kwargs: pool.release(msg.node_id, msg.data))


def on_taken(msg, **kwargs):
    reply.set(msg.data["owner"])


@events.init.add_listener
def begin(environment, runner, **kwargs):
    global has_begun
    has_begun = True
    if isinstance(runner, MasterRunner):
        serve(runner)
    if isinstance(runner, WorkerRunner):
        runner.register_message("taken", on_taken)


def patience():
    global has_begun
    gevent.sleep(1)
    if not has_begun:
        print("There is no master at the other end so far. I shall go on as soon as there is one.")


gevent.spawn(patience)


class Base(HttpUser):
    abstract = True
    wait_time = between(1, 3)

    def on_start(self):
        global reply
        with counter:
            reply = AsyncResult()
            self.environment.runner.send_message("take", id(self))
            self.owner = reply.get()
        self.pet_ids = []

    def on_stop(self):
        self.environment.runner.send_message("release", id(self))


class Owner(Base):
    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner}/pets", name="pets")
        if response.status_code == 200:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="visits")
