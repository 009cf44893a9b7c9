import json
from itertools import cycle
from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "owners.json"
_owners = cycle(json.loads(FILE.read_text(encoding="utf-8")))


def next_owner():
    return next(_owners)["owner_id"]
