"""The remedies: each error's own words tell what to do."""

import pytest

from checks.lab.verdict.remedies import ANY, remedy


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("NameError: name 'time' is not defined", "`import time`"),
        ("NameError: name 'between' is not defined. Did you mean: 'len'?", "`from locust import between`"),
        ("NameError: name 'randint' is not defined", "`from random import randint`"),
        ("NameError: name 'pet_name' is not defined", "is pet_name spelt"),
        ("IndexError: Cannot choose from an empty sequence", "`if self.pet_ids:`"),
        ("TypeError: 'int' object is not callable", "between(1, 3)"),
        ("Exception: No tasks defined on PetShopUser. Use the @task decorator", "tasks = [...]"),
        ("ConnectionError: HTTPConnectionPool(host='127.0.0.1', port=5001): Max retries", "self.client"),
        ("KeyError: 'id'", ANY),
    ],
)
def test_an_error_says_what_to_do(error: str, says: str) -> None:
    assert says in remedy(error)
