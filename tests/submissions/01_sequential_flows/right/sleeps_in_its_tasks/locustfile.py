import random
import time

from locust import HttpUser, SequentialTaskSet, task


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {random.randint(1, 10000)}", "category": "dog"})
        time.sleep(random.uniform(1, 3))

    @task
    def open_dashboard(self):
        self.client.get("/")
        time.sleep(random.uniform(1, 3))


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    tasks = [Flow]
