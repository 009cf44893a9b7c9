"""What a stage's demo has shown: `stage_NN.py` says it for one stage, and any other stage gets a plain sentence."""

import csv
import importlib
from importlib.util import find_spec
from pathlib import Path

from checks.stages import Stage

Rows = dict[str, dict[str, str]]  # Locust's statistics: columns by method and path


def totals(folder: Path) -> Rows:
    """Returns the rows of Locust's statistics by method and path, the sum as "Aggregated"; up to 1 s old at the end."""
    with (folder / "locust_stats.csv").open(newline="", encoding="utf-8") as file:
        return {f"{row['Type']} {row['Name']}".strip(): row for row in csv.DictReader(file)}


def seen(stage: Stage, rows: Rows) -> str:
    """Returns what the demo has shown, worded to follow "What you saw:"."""
    own = f"{__name__}.stage_{stage.number}"
    return str(importlib.import_module(own).seen(rows)) if find_spec(own) else plain(rows)


def plain(rows: Rows) -> str:
    """Says what is true of any stage."""
    total = rows["Aggregated"]
    return (
        f"{total['Request Count']} requests, {total['Failure Count']} of them failed; "
        f"half of the answers took {total['Median Response Time']} ms or less."
    )
