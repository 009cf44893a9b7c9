"""The control: a locustfile of the grader's own, whose users do nothing but send requests.

Run beside a submission, it shows how late the machine makes users who never pause.
"""

from locust import HttpUser, task


class Control(HttpUser):
    """A user without think time."""

    @task
    def ask(self) -> None:
        """Ask for the dashboard, which stays short, since nobody adds a pet here."""
        self.client.get("/")
