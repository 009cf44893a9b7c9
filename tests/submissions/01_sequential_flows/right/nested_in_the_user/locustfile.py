from itertools import count
from random import triangular

from locust import HttpUser, SequentialTaskSet, task

numbers = count(1)


class Customer(HttpUser):
    host = "http://localhost:5000"
    wait_time = lambda self: triangular(1, 3)

    @task
    class Visit(SequentialTaskSet):
        @task
        def add(self):
            self.client.post("/pets", json=dict(category="Cat", name="cat no. %d" % next(numbers)), name="add a pet")

        @task
        def look(self):
            with self.client.get("/", catch_response=True) as page:
                if "<html" not in page.text:
                    page.failure("no page")
