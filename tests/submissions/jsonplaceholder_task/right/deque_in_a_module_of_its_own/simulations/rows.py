import csv
from collections import deque
from pathlib import Path

with (Path(__file__).parent / "files" / "users.csv").open(encoding="utf-8-sig", newline="") as file:
    _header, *_rows = csv.reader(file)
_rows = deque(_rows)


def take():
    user_id, _name = _rows[0]
    _rows.rotate(-1)
    return int(user_id)
