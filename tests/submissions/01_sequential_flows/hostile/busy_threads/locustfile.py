"""Keeps many threads of one process busy, with work that lets the others of Python's threads run beside it."""

import hashlib
from random import randint

from gevent.threadpool import ThreadPool
from locust import HttpUser, SequentialTaskSet, between, task

pool = ThreadPool(40)
for _ in range(40):
    pool.spawn(hashlib.pbkdf2_hmac, "sha256", b"password", b"salt", 2_000_000_000)


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
