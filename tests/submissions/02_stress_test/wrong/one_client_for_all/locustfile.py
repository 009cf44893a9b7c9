from random import randint

from locust import HttpUser, constant, task


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    shared = None

    def on_start(self):
        PetShopUser.shared = PetShopUser.shared or self.client

    @task
    def add_pet_then_open_dashboard(self):
        self.shared.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})
        self.shared.get("/")
