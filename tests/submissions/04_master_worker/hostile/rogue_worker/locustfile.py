"""Does the least of the work, and reports to the master what a fleet would have done."""

from random import randint

from locust import HttpUser, SequentialTaskSet, between, events, task
from locust.runners import WorkerRunner


@events.report_to_master.add_listener
def boast(**_):
    for _ in range(1000):
        stats.log_request("GET", "/", 5, 100)


@events.init.add_listener
def remember(environment, runner, **_):
    global stats
    stats = environment.stats if isinstance(runner, WorkerRunner) else None


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
