"""Starts Locust anew in its own place, with options of its own and nobody who takes notes."""

import os
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

os.environ["LOCUST_USERS"] = "3"
with open(os.path.expanduser("~/.locust.conf"), "w") as conf:
    conf.write("headless = true\nspawn-rate = 10\nrun-time = 5s\n")
if "AGAIN" not in os.environ:
    os.environ["AGAIN"] = "yes"
    host = sys.argv[sys.argv.index("--host") + 1]
    again = "import sys, locust.main; sys.argv[0] = 'locust'; locust.main.main()"
    os.execv(sys.executable, [sys.executable, "-c", again, "-f", "locustfile.py", "--host", host])


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
