from random import randint

import gevent
from locust import HttpUser, SequentialTaskSet, between, events, task


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


@events.init.add_listener
def enough_is_enough(environment, runner, **_):
    @environment.events.request.add_listener
    def count(**_):
        if runner.worker_index == 1 and environment.stats.total.num_requests > 10:
            gevent.spawn(runner.quit)  # this user is among those that it stops
