"""What stage 05 hands out, and what its reference promises beyond the task: a broken file ends Locust at once."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks.lab.cell.practice import Cell
from checks.lab.lab import COMPRESSION
from checks.lab.locust.run import run_alone
from checks.lab.target.server import serve
from checks.stages import ROOT
from petshop_app.seed import OWNERS
from tests.lab.witness import witness

SOLUTION = ROOT / "solutions" / "05_round_robin_data"
WITHIN_S = 60
HEADER = "owner_id,name\n"


@pytest.mark.parametrize("folder", ["exercises", "solutions", "checks/starters"])
def test_both_data_files_hold_the_owners_of_the_shop_in_their_order(folder: str) -> None:
    place = ROOT / folder / SOLUTION.name
    with (place / "owners.csv").open(encoding="utf-8", newline="") as file:
        assert [(int(row["owner_id"]), row["name"]) for row in csv.DictReader(file)] == list(OWNERS)
    from_json = json.loads((place / "owners.json").read_text(encoding="utf-8"))
    assert [(row["owner_id"], row["name"]) for row in from_json] == list(OWNERS)


def ended(folder: Path, content: bytes | None) -> tuple[subprocess.CompletedProcess[str], int]:
    """Return the reference's end beside such an owners.csv, and how many requests it had sent by then."""
    shutil.copy(SOLUTION / "locustfile.py", folder)
    if content is not None:
        (folder / "owners.csv").write_bytes(content)
    with serve(witness) as target:
        command = [sys.executable, "-m", "locust", "--headless", "-u", "3", "-r", "3", "-t", "20s", "-H", target.url]
        process = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        return process, len(target.journal)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        (b"", "no owners"),
        (HEADER.encode(), "no owners"),
        (b"407,Maya Okafor\n112,Elke\n", "row 2"),
        (b"id,name\n407,Maya Okafor\n", "row 2"),
        (f"{HEADER}407,Maya\nMaya,407\n".encode(), "row 3"),
        (f"{HEADER}407,Maya\n,Elke\n".encode(), "row 3"),
        (f"{HEADER}407\n".encode(), "row 2"),
        (f"{HEADER}407,Maya\n112,Hartmann, Elke\n".encode(), "row 3"),
        (f'{HEADER}407,Maya\n112,"Elke\n58,Ravi\n'.encode(), "row 3"),
        (f"{HEADER}407,Søren\n".encode("latin-1"), "utf-8"),
    ],
)
def test_a_broken_file_ends_locust_with_one_line_before_any_user_starts(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    process, requests = ended(tmp_path, content)
    said = (process.stdout + process.stderr).strip()
    assert said.startswith("owners.csv")
    assert says in said
    assert "\n" not in said
    assert process.returncode == 1
    assert requests == 0


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with a mark"])
def test_a_sound_file_starts_users_whatever_a_spreadsheet_program_puts_in_front(start: str) -> None:
    with serve(witness) as target, Cell() as cell:
        shutil.copy(SOLUTION / "locustfile.py", cell.work)
        (cell.work / "owners.csv").write_bytes(f'{start}{HEADER}407,"Hartmann, Elke"\r\n'.encode())
        run = run_alone(
            cell, "locustfile.py", target, users=3, compression=COMPRESSION, done=lambda seen: len(seen) > 0
        )
    assert {request.path for request in run.journal} == {"/owners/407/pets"}, run.log
