"""Attaches to other processes and writes into their memory."""

import contextlib
import ctypes
import os
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
    for request in (PTRACE_ATTACH, PTRACE_SEIZE):
        if int(pid) != os.getpid() and libc.ptrace(request, int(pid), 0, 0) == 0:
            sys.exit(f"attached to {pid}")
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/mem", "r+b") as memory:
            if int(pid) != os.getpid():
                sys.exit(f"opened the memory of {pid}")


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
