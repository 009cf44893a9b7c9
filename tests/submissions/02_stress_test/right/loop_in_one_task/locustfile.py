from random import randint

from locust import HttpUser, task


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"

    @task
    def rush(self):
        while True:
            self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
            self.client.get("/")
