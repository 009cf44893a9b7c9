"""Each user is one owner of owners.csv, for life: it looks at its own pets, and at the visits of its own pets only."""

import csv
import sys
from itertools import cycle
from pathlib import Path
from random import choice

from locust import HttpUser, between, run_single_user, task


def read_owner_ids(path):
    """Return the ids in the order of the file; end Locust, with one line, if the file can't be read."""
    owner_ids = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, strict=True):
                owner_ids.append(owner_id(row))
    except (OSError, UnicodeError) as error:
        sys.exit(f"{path.name}: {error}")
    except (ValueError, csv.Error) as error:
        sys.exit(f"{path.name}, row {len(owner_ids) + 2}: {error}")  # row 1 is the header
    return owner_ids or sys.exit(f"{path.name}: no owners; expected owner_id,name and then a row for each owner")


def owner_id(row):
    if list(row) != ["owner_id", "name"] or None in row.values():
        raise ValueError(f"expected owner_id,name, found {row}")
    return int(row["owner_id"])


owner_ids = cycle(read_owner_ids(Path(__file__).with_name("owners.csv")))


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.owner_id = next(owner_ids)
        self.pet_ids = []

    @task
    def get_pets(self):
        response = self.client.get(f"/owners/{self.owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.status_code == 200:
            self.pet_ids = [pet["id"] for pet in response.json()]

    @task
    def get_visits(self):
        if self.pet_ids:
            self.client.get(f"/pets/{choice(self.pet_ids)}/visits", name="/pets/[pet_id]/visits")


if __name__ == "__main__":
    run_single_user(PetShopUser)
