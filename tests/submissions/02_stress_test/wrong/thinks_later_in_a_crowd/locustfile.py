"""Users think when there are more than ten of them, and only after ten tasks."""

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
    turn = 0

    def wait_time(self):
        self.turn += 1
        return 1 if self.turn > 10 and self.environment.runner.target_user_count > 10 else 0
