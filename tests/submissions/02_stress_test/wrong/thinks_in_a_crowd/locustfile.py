"""Users think when there are more than ten of them."""

from random import randint

from locust import HttpUser, SequentialTaskSet, task


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

    def wait_time(self):
        return 1 if self.environment.runner.target_user_count > 10 else 0
