"""A listener that would end the test if nothing worked; and two kinds of users, nine to one."""

import gevent
from random import randint

from locust import HttpUser, SequentialTaskSet, constant, events, task


@events.test_start.add_listener
def watch(environment, **_):
    gevent.spawn(give_up_where_all_fails, environment)


def give_up_where_all_fails(environment):
    while True:
        gevent.sleep(1)
        if environment.stats.total.fail_ratio > 0.9:
            environment.runner.quit()


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
    weight = 9


class Reader(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)

    @task
    def open_dashboard(self):
        self.client.get("/")
