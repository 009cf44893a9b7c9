from random import randint

from locust import HttpUser, SequentialTaskSet, between, events, task


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


counted = {"pets": 0}


@events.request.add_listener
def count(request_type, **_):
    counted["pets"] += request_type == "POST"


@events.report_to_master.add_listener
def report(data, **_):
    data["pets"] = counted["pets"]


@events.worker_report.add_listener
def collect(client_id, data, **_):
    print(client_id, data["pets"])
