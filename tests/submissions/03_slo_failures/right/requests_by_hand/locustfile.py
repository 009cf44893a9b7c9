"""No client of Locust at all: a session of requests, reported by events."""

import time
from random import randint

import requests
from locust import User, between, task

RESPONSE_TIME_LIMIT_MS = 3000.0


class PetShopUser(User):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.session = requests.Session()

    def send(self, method, path, accepted, **kwargs):
        start = time.perf_counter()
        response = self.session.request(method, self.host + path, **kwargs)
        took = (time.perf_counter() - start) * 1000
        problem = None
        if response.status_code != accepted:
            problem = f"{response.status_code} instead of {accepted}"
        elif took > RESPONSE_TIME_LIMIT_MS:
            problem = f"took {took} ms; {RESPONSE_TIME_LIMIT_MS} ms are the limit"
        self.environment.events.request.fire(
            request_type=method,
            name=path,
            response_time=took,
            response_length=len(response.content),
            exception=problem and RuntimeError(problem),
            context=self.context(),
        )

    @task
    def visit(self):
        self.send("POST", "/pets", 201, json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
        self.send("GET", "/", 200)
