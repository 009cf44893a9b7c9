import csv
import random
from queue import Queue

from locust import HttpUser, between, events, task

queue = Queue()


@events.init.add_listener
def fill(**_):
    with open("owners.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            queue.put(row["owner_id"])


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def __init__(self, *args):
        super().__init__(*args)
        self.owner_id = queue.get_nowait()
        queue.put(self.owner_id)
        self.pet_ids = set()

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[id]/pets")
        if response.status_code == 200:
            self.pet_ids = {pet["id"] for pet in response.json()}

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{random.choice(list(self.pet_ids))}/visits", name="/pets/[id]/visits")
