from random import randint
import gevent
from locust import HttpUser, constant, task


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)

    def __init__(self, *args):
        super().__init__(*args)
        gevent.sleep(6)

    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
