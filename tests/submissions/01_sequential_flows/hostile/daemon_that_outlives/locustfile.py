"""Leaves a daemon behind that holds the output and goes on sending requests."""

import os
import sys
import time
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

host = sys.argv[sys.argv.index("--host") + 1]
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            print("still here", flush=True)
            time.sleep(0.5)
    os._exit(0)
os.wait()


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
