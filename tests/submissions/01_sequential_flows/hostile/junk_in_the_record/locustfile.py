"""Fills the grader's record with lines that would make a careless reader stumble."""

import os
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

JUNK = [
    b'{"kind": "wait", "visitor": {}, "start": "now", "asked": [], "actual": null}',
    b'{"kind": "wait"}',
    b'{"kind": "wait", "visitor": "", "start": NaN, "asked": Infinity, "actual": 1e999}',
    b'{"kind": "declared", "users": 7}',
    b'{"kind": "figures", "exit_code": "none", "rows": {}, "failures": 0}',
    b'{"kind": "counted", "request": true, "milliseconds": {}, "said": "with"}',
    b'{"kind": "crash"}',
    b'{"kind": ["wait"], "kind": {}}',
    b'"kind"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"kind": "wait", "asked": ' + b"9" * 5_000 + b"}",
]
for number in os.listdir("/proc/self/fd"):
    name = f"/proc/self/fd/{number}"
    if os.path.exists(name) and os.readlink(name).endswith(".jsonl"):
        with open(name, "ab") as record:
            for line in JUNK * 20:
                record.write(line + b"\n")


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
