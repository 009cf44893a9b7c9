import csv
from collections import deque

from locust import HttpUser, SequentialTaskSet, between, task

with open("owners.csv", encoding="utf-8", newline="") as file:
    header, *rows = csv.reader(file)
waiting = deque(rows)


class LookAtPets(SequentialTaskSet):
    def on_start(self):
        self.row = waiting[0]
        waiting.rotate(-1)
        self.pets = []

    @task
    def get_pets(self):
        with self.client.rename_request("/owners/*/pets"):
            answer = self.client.get(f"/owners/{self.row[0]}/pets")
        self.pets = answer.json() if answer.ok else []

    @task
    def get_visits(self):
        for pet in self.pets:
            with self.client.rename_request("/pets/*/visits"):
                self.client.get(f"/pets/{pet['id']}/visits")
            self.wait()


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [LookAtPets]
