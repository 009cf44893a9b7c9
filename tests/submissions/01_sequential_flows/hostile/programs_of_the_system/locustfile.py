"""Looks for programs beside Python, in the system and in its packages, and brings one along."""

import contextlib
import os
import subprocess
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

python = os.path.realpath(sys.executable)
loaders = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
for place, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(place, name) != "/proc"]
    for path in (os.path.join(place, name) for name in names if ".so" not in name):
        if os.path.islink(path) or path == python or not os.path.isfile(path):
            continue
        with contextlib.suppress(OSError), open(path, "rb") as file:
            if os.stat(path).st_mode & 0o111 and file.read(4) == b"\x7fELF":
                sys.exit(f"{path} is a program")
with open(python, "rb") as program:
    own = program.read()
for place in (os.getcwd(), os.path.expanduser("~"), "/dev/shm"):
    with open(f"{place}/own", "wb") as file:
        file.write(own)
    os.chmod(f"{place}/own", 0o755)
    for command in ([f"{place}/own"], *([loader, f"{place}/own"] for loader in loaders)):
        with contextlib.suppress(OSError):
            if subprocess.run([*command, "-V"], capture_output=True).returncode == 0:
                sys.exit(f"{command} could be run")
    os.remove(f"{place}/own")


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
