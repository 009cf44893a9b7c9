from locust import HttpUser, SequentialTaskSet, between, task

DEEP = "[" * 972 + "]" * 972


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", data=DEEP, headers={"Content-Type": "application/json"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
