"""Opens sockets of kinds that lead out of containers, or into rare parts of the kernel."""

import contextlib
import socket
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

AF_VSOCK, AF_ALG, AF_PACKET, AF_BLUETOOTH, AF_TIPC, AF_XDP, AF_KEY = 40, 38, 17, 31, 30, 44, 15
for family in (AF_VSOCK, AF_ALG, AF_PACKET, AF_BLUETOOTH, AF_TIPC, AF_XDP, AF_KEY):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        with contextlib.suppress(OSError):
            socket.socket(family, kind)
            sys.exit(f"a socket of family {family} was had")


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
