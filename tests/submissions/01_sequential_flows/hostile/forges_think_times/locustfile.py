"""Does not think, and has the record say that it did."""

import gc
import time
from random import randint

from locust import HttpUser, SequentialTaskSet, task

record = next(one for one in gc.get_objects() if hasattr(type(one), "note_wait"))  # whatever its class is called


def pretend(user):
    visitor = next((cookie.value for cookie in user.client.cookies if cookie.name == "visitor"), "")
    record.note("wait", visitor=visitor, start=time.monotonic(), asked=2.0, actual=0.05)


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
        pretend(self.user)

    @task
    def open_dashboard(self):
        self.client.get("/")
        pretend(self.user)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    tasks = [Flow]
