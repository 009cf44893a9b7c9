import urllib.request
from random import randint

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


@events.test_start.add_listener
def check_that_the_shop_is_there(environment, **_):
    if isinstance(environment.runner, MasterRunner):
        with urllib.request.urlopen(environment.host + "/health") as answer:
            assert answer.status == 200
