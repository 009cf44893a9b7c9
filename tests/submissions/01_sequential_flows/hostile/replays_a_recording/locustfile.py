"""One user replays what three visitors did in an earlier run, names and cookies included."""

from locust import HttpUser, constant, task

RECORDED = [("one", "Pet 5381"), ("two", "Pet 912"), ("three", "Pet 7770")]


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(2)
    fixed_count = 1

    @task
    def replay(self):
        for visitor, name in RECORDED:
            cookie = {"Cookie": f"visitor={visitor}"}
            self.client.post("/pets", json={"name": name, "category": "dog"}, headers=cookie)
            self.client.get("/", headers=cookie)
