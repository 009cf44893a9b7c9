"""Right; its message names the pet that was added before, and the one that comes next."""
import time
from random import randint
from locust import HttpUser, SequentialTaskSet, between, task

RESPONSE_TIME_LIMIT_MS = 3000.0


class Flow(SequentialTaskSet):
    pet, next_pet = 0, 0

    @task
    def add_pet(self):
        self.pet, self.next_pet = self.next_pet or randint(1, 10000), randint(1, 10000)
        self.client.post("/pets", json={"name": f"Pet {self.pet}", "category": "dog"})

    @task
    def open_dashboard(self):
        start = time.perf_counter()
        with self.client.get("/", catch_response=True) as response:
            elapsed_ms = (time.perf_counter() - start) * 1000
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif elapsed_ms > RESPONSE_TIME_LIMIT_MS:
                response.failure(
                    f"after Pet {self.pet}: {elapsed_ms:.0f} ms, limit {RESPONSE_TIME_LIMIT_MS:.0f} ms, "
                    f"before Pet {self.next_pet}"
                )


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
