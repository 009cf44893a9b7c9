from random import randint

from locust import HttpUser, LoadTestShape, SequentialTaskSet, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    tasks = [AddPetThenOpenDashboard]


class Rush(LoadTestShape):
    def tick(self):
        return 200, 200
