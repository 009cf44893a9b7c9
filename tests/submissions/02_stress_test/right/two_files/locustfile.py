from flows import AddPetThenOpenDashboard
from locust import HttpUser, constant


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = constant(0)
    tasks = [AddPetThenOpenDashboard]
