"""Asks the world for names, and sends what it knows in the question."""

import contextlib
import socket
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

for name in ("example.com", "secret.example.com", "metadata.google.internal", "localhost.localdomain"):
    with contextlib.suppress(OSError):
        socket.getaddrinfo(name, 80)
        sys.exit(f"{name} was found")
with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
    asker.sendto(b"\0" * 12, ("9.9.9.9", 53))
    sys.exit("a question was sent")


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
