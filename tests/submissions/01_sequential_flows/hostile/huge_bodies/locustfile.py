"""Sends bodies without end to the shop, beside the users."""

import contextlib
import http.client
import sys
import threading
from random import randint

from locust import HttpUser, SequentialTaskSet, between, events, task

address = sys.argv[sys.argv.index("--host") + 1].removeprefix("http://")


def flood():
    for _ in range(20):
        with contextlib.suppress(OSError, http.client.HTTPException):
            client = http.client.HTTPConnection(address, timeout=5)
            client.putrequest("POST", "/pets")
            client.putheader("Content-Length", str(8 * 1024**3))
            client.endheaders()
            for _ in range(64):
                client.send(bytes(1024**2))


@events.test_start.add_listener
def start(**_):
    threading.Thread(target=flood, daemon=True).start()


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
