"""Plain functions, a judged visit before the first round, all reasons in one message."""

import time
from itertools import cycle
from random import randint

from locust import HttpUser, between, task

RESPONSE_TIME_LIMIT_MS = 3_000


def add_pet(user):
    with user.client.post(
        "/pets", json={"name": f"Pet {randint(1, 9999)}", "category": "cat"}, catch_response=True
    ) as r:
        if r.status_code != 201:
            r.failure("no pet")


def open_dashboard(user):
    start = time.monotonic()
    with user.client.request("GET", "/", catch_response=True) as r:
        ms = round((time.monotonic() - start) * 1e3)
        reasons = []
        if ms > RESPONSE_TIME_LIMIT_MS:
            reasons.append(f"{ms:,} ms > {RESPONSE_TIME_LIMIT_MS:,} ms".replace(",", " "))
        if r.status_code != 200:
            reasons.append(f"status {r.status_code} {r.reason}")
        r.failure("; ".join(reasons)) if reasons else r.success()


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        open_dashboard(self)
        self.steps = cycle([open_dashboard, add_pet])
        next(self.steps)

    @task
    def step(self):
        next(self.steps)(self)
