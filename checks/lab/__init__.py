"""The lab: runs a submission in its own Locust process, serves the target, and judges by what the target saw.

It has everything that a check needs. Each folder below is one concern. Folders import each other in one direction only,
which `tests/lab/test_rooms.py` enforces.
"""

from checks.lab.lab import Lab
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed, Inconclusive, NotStarted, amount
from checks.lab.target.journal import Journal, Request, listed
from checks.lab.target.server import Target
from checks.lab.verdict.diagnosis import aside, blamed, forbid_errors, require_requests
from checks.lab.verdict.strain import strain

__all__ = [
    "Failed",
    "Inconclusive",
    "Journal",
    "Lab",
    "NotStarted",
    "Request",
    "Run",
    "Target",
    "amount",
    "aside",
    "blamed",
    "forbid_errors",
    "listed",
    "require_requests",
    "strain",
]
