"""FastHttpUser's caught response carries Locust's own time as well."""

from random import randint

from locust import FastHttpUser, SequentialTaskSet, constant, task

RESPONSE_TIME_LIMIT_MS = 3000.0


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        with self.client.get("/", catch_response=True) as response:
            took = response.request_meta["response_time"]
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif took > RESPONSE_TIME_LIMIT_MS:
                response.failure(f"{took:.2f} ms instead of at most {RESPONSE_TIME_LIMIT_MS:.2f} ms")


class PetShopUser(FastHttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
