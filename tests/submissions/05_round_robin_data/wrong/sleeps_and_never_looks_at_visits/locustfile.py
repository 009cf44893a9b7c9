import csv
import time
from itertools import cycle
from pathlib import Path
from locust import HttpUser, between, task

with Path(__file__).with_name("owners.csv").open(encoding="utf-8", newline="") as file:
    owner_ids = cycle([row["owner_id"] for row in csv.DictReader(file)])


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id = next(owner_ids)

    @task
    def get_pets(self):
        self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[id]/pets")
        time.sleep(5)
