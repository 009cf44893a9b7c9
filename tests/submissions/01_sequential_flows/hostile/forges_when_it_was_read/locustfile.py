"""Sends nothing at all, and the grader calls the machine too busy."""
import json
import sys
import time
from locust import HttpUser, between, task

started = time.monotonic()
time.sleep(24)
record = next(word for word in sys.orig_argv if word.endswith(".jsonl"))
with open(record, "a") as file:
    users = [{"name": "PetShopUser", "host": None, "fixed_count": 0}]
    file.write(json.dumps({"kind": "declared", "users": users, "time": started}) + "\n")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    @task
    def rest(self):
        pass
