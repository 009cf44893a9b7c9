"""The time that Locust itself has measured."""

from random import randint

from locust import HttpUser, SequentialTaskSet, constant_pacing, task

RESPONSE_TIME_LIMIT_MS = 3000.0


class AddPetThenOpenDashboard(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        with self.client.get("/", name="dashboard", catch_response=True) as response:
            took = response.request_meta["response_time"]
            if response.status_code != 200:
                response.failure(f"got {response.status_code}")
            elif took > RESPONSE_TIME_LIMIT_MS:
                response.failure(f"{took:,.0f} ms > {RESPONSE_TIME_LIMIT_MS:,.0f} ms")
            else:
                response.success()


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant_pacing(3)
    tasks = [AddPetThenOpenDashboard]
