"""Each user adds a pet, then opens the dashboard, and does so again until the test ends."""

from random import randint

from locust import HttpUser, SequentialTaskSet, between, run_single_user, task


class AddPetThenOpenDashboard(SequentialTaskSet):
    # TODO 1: a task that adds a pet: POST /pets with a JSON body and a fresh name each time.
    #         It stands above open_dashboard, because the tasks run in the order written.

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    # TODO 2: the host, where the pet shop listens.
    # TODO 3: the think time, 1 to 3 seconds after each step.
    tasks = [AddPetThenOpenDashboard]


if __name__ == "__main__":
    run_single_user(PetShopUser)
