"""Each user is one owner of owners.csv, on however many workers: the master reads the file and gives out the ids."""

import csv
import sys
from pathlib import Path
from random import choice

from desks import MasterDesk, WorkerDesk
from locust import HttpUser, between, events, run_single_user, task
from locust.runners import WorkerRunner
from roster import Roster

desk = WorkerDesk()


@events.init.add_listener
def open_desks(environment, runner, **_):
    runner = runner or environment.create_local_runner()  # run_single_user has none
    if not isinstance(runner, WorkerRunner):
        MasterDesk(runner, Roster(read_owner_ids(Path(__file__).with_name("owners.csv"))))
    desk.open(runner)


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


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.pet_ids = {}  # by the owner whose pets they are
        desk.id_of(self)

    def on_stop(self):
        desk.leave(self)

    @task
    def get_pets(self):
        owner_id = desk.id_of(self)
        response = self.client.get(f"/owners/{owner_id}/pets", name="/owners/[owner_id]/pets")
        if response.status_code == 200:
            self.pet_ids = {owner_id: [pet["id"] for pet in response.json()]}

    @task
    def get_visits(self):
        if pet_ids := self.pet_ids.get(desk.id_of(self)):
            self.client.get(f"/pets/{choice(pet_ids)}/visits", name="/pets/[pet_id]/visits")


if __name__ == "__main__":
    run_single_user(PetShopUser)
