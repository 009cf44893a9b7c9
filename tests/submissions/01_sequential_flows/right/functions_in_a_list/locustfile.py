import uuid

from locust import HttpUser, SequentialTaskSet, between


def add_pet(flow):
    flow.client.post("/pets", json={"name": str(uuid.uuid4()), "category": "bird"})


def open_dashboard(flow):
    flow.client.get("/")


class Flow(SequentialTaskSet):
    wait_time = between(1, 3)
    tasks = [add_pet, open_dashboard]


class Visitor(HttpUser):
    tasks = {Flow: 1}
    host = "http://127.0.0.1:5000"
