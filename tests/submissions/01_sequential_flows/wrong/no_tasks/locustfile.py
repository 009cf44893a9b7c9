from random import randint

from locust import HttpUser, SequentialTaskSet, between, task


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
