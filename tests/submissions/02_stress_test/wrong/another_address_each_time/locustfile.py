from uuid import uuid4
import gevent
from locust import HttpUser, constant, task


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)

    @task
    def look(self):
        with self.client.get(f"/{uuid4().hex}", name="/x", catch_response=True) as response:
            response.success()
        gevent.sleep(0.2)
