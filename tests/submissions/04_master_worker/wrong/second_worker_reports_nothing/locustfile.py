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


@events.init.add_listener
def own_report(environment, runner, **_):
    @environment.events.report_to_master.add_listener
    def report(data, **_):
        if runner.worker_index == 1:
            data["stats"].clear()
