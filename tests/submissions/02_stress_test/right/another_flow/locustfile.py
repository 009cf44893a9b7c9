from random import choice, randint

from locust import FastHttpUser, constant_pacing, task


class Visitor(FastHttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant_pacing(0)

    @task(3)
    def look_at_a_pet(self):
        self.client.get(f"/pets/{randint(1, 8)}", name="/pets/<id>")

    @task
    def list_pets(self):
        with self.client.get("/pets", catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")

    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": "Rex", "category": choice(["dog", "cat"])})
