import logging
from random import randint
from gevent.lock import Semaphore
from locust import HttpUser, SequentialTaskSet, constant, events, task

gate = Semaphore(1)


@events.init.add_listener
def be_quiet(**_):
    logging.disable(logging.INFO)


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        with gate:
            self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        with gate:
            self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [Flow]
