"""Imports a name that Locust does not have: two of its letters are missing."""

from random import randint

from locust import HttpUser, SequentalTaskset, between, run_single_user, task


class AddPetThenOpenDashboard(SequentalTaskset):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [AddPetThenOpenDashboard]


if __name__ == "__main__":
    run_single_user(PetShopUser)
