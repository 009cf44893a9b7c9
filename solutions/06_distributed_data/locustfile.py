"""Each user is one owner of owners.csv, on however many workers: the master reads the file and hands out the owners."""

import csv
import logging
import sys
from collections import Counter
from itertools import count
from pathlib import Path
from random import choice

import gevent
from gevent.event import AsyncResult, Event
from locust import HttpUser, between, events, run_single_user, task
from locust.runners import STATE_MISSING, WorkerRunner


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


owner_ids = []  # on the master: all ids of the file
held = {}  # on the master: worker -> {number of a user: its owner}
answers = {}  # on a worker: number of a waiting user -> the result that it waits for
numbers = count()  # each user of this process takes one
connected = Event()  # set at init; on a worker that is when its master has answered


@events.init.add_listener
def on_init(environment, runner, **_):
    runner = runner or environment.create_local_runner()  # run_single_user has none
    if not isinstance(runner, WorkerRunner):
        owner_ids.extend(read_owner_ids(Path(__file__).with_name("owners.csv")))
        runner.register_message("owner_wanted", on_wanted)
        runner.register_message("owner_released", on_released)
    runner.register_message("owner_assigned", on_assigned)
    connected.set()


def on_wanted(environment, msg, **_):
    for worker in held.keys() - {msg.node_id}:  # the worker that asks is alive
        node = environment.runner.clients.get(worker)
        if node is None or node.state == STATE_MISSING:  # it has quit, or it was killed
            del held[worker]
    owner = next_owner()
    held.setdefault(msg.node_id, {})[msg.data] = owner
    environment.runner.send_message("owner_assigned", {"user": msg.data, "owner": owner}, client_id=msg.node_id)


def next_owner():
    """Return the owner that the fewest users hold; of several, the first in the file."""
    users = Counter(owner for owners in held.values() for owner in owners.values())
    return min(owner_ids, key=lambda owner: users[owner])


def on_released(msg, **_):
    held.get(msg.node_id, {}).pop(msg.data, None)


def on_assigned(msg, **_):
    answers.pop(msg.data["user"]).set(msg.data["owner"])


def say_that_no_master_answers():
    while not connected.wait(timeout=5):
        logging.warning("no master answers: this worker waits for it")


gevent.spawn(say_that_no_master_answers)


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)

    def on_start(self):
        self.pet_ids = []
        self.number = next(numbers)
        answer = answers[self.number] = AsyncResult()
        connected.wait()  # a late worker may start users before its init event
        self.environment.runner.send_message("owner_wanted", self.number)
        self.owner_id = answer.get()

    def on_stop(self):
        self.environment.runner.send_message("owner_released", self.number)

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
