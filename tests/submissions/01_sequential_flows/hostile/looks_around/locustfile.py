"""Reads what is none of its business: the grader, other submissions, keys, the system's accounts."""

import glob
import os
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

SECRETS = (
    "/root/.ssh/*",
    "/home/*",
    "/etc/shadow",
    "/etc/ssh/*",
    "/var/*",
    "/run/*",
    "/srv/*",
    "/opt/*",
    "/mnt/*",
    "/usr/bin/*",
    "/bin/*",
    "/sbin/*",
    "/proc/self/root/etc/shadow",
    "/sys/*",
)
course = sys.modules["__main__"].__file__.partition("/checks/")[0]
COURSE = (
    "solutions",
    "tests",
    "exercises",
    "checks/test_*.py",
    "checks/hints",
    ".git",
    "petshop_app",
    "pyproject.toml",
)
for pattern in (*SECRETS, *(f"{course}/{name}" for name in COURSE)):
    for path in glob.glob(pattern):
        if os.access(path, os.R_OK) and path != os.path.realpath(sys.executable):
            sys.exit(f"{path} could be read")


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
