import json
from itertools import count
from pathlib import Path
from random import choice

from locust import FastHttpUser, between, task

OWNERS = json.loads(Path(__file__).with_name("owners.json").read_text(encoding="utf-8"))
turn = count()


class PetShopUser(FastHttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    pet_ids = ()

    def on_start(self):
        self.owner = OWNERS[next(turn) % len(OWNERS)]

    @task
    def get_pets(self):
        path = "/owners/{owner_id}/pets".format(**self.owner)
        with self.client.get(path, name="pets of an owner", catch_response=True) as response:
            try:
                self.pet_ids = tuple(pet["id"] for pet in response.json())
            except Exception:
                response.failure("no list of pets")

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="visits of a pet")
