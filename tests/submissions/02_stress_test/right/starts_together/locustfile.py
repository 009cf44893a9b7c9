from random import randint

from gevent.event import Event
from locust import HttpUser, SequentialTaskSet, constant, events, task

everybody_is_here = Event()


@events.spawning_complete.add_listener
def open_the_door(**kwargs):
    everybody_is_here.set()


class AddPetThenOpenDashboard(SequentialTaskSet):
    def on_start(self):
        everybody_is_here.wait()

    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
