from datetime import datetime

from locust import HttpUser, TaskSet, between, task


class Flow(TaskSet):
    @task
    def round(self):
        name = datetime.now().isoformat()
        self.client.post("/pets", json={"name": name, "category": "horse"})
        self.wait()
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
