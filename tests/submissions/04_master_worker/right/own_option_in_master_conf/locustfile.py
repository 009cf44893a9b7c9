from random import randint

from locust import HttpUser, SequentialTaskSet, between, events, task


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post(
            "/pets", json={"name": f"{randint(1, 10000)}", "category": self.user.environment.parsed_options.category}
        )

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]


@events.init_command_line_parser.add_listener
def add_category(parser):
    parser.add_argument("--category", default="dog")
