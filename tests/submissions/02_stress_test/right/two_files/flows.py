from uuid import uuid4

from locust import SequentialTaskSet, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": str(uuid4()), "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")
