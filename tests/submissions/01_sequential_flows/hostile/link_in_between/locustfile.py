"""Takes its task set from a folder that is a link to the folder of somebody else."""

from helpers.flow import Flow
from locust import HttpUser, between


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
