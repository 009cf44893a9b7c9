from random import randint

import gevent
from locust import HttpUser, SequentialTaskSet, between, events, task
from locust.runners import MasterRunner


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]


def watch_workers(runner):
    while True:
        gevent.sleep(0.5)
        if runner.clients.missing:
            runner.stop()


@events.init.add_listener
def begin(runner, **_):
    if isinstance(runner, MasterRunner):
        gevent.spawn(watch_workers, runner)
