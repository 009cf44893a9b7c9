from random import choice, randint

from locust import HttpUser, between, task


class Visitor(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    step = 0

    @task
    def next_step(self):
        self.step += 1
        if self.step % 2:
            name = choice(["Rex", "Tom", "Kiwi"]) + str(randint(1, 10000))
            self.client.post("/pets", json={"name": name, "category": "fish"})
        else:
            self.client.get("/")
