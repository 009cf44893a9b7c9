"""The lab: runs a submission in its own Locust process, serves the target, and judges by what the target saw.

What a check needs is here; the modules behind it are one noun each.
"""

from checks.lab.bench import Lab
from checks.lab.diagnosis import aside, require_requests
from checks.lab.faults import Answer, in_turn
from checks.lab.journal import Journal, Request
from checks.lab.swarm import Run
from checks.lab.thinking import NOISE, Pause, crowded, pauses
from checks.lab.verdict import Failed, Inconclusive, NotStarted

__all__ = [
    "NOISE",
    "Answer",
    "Failed",
    "Inconclusive",
    "Journal",
    "Lab",
    "NotStarted",
    "Pause",
    "Request",
    "Run",
    "aside",
    "crowded",
    "in_turn",
    "pauses",
    "require_requests",
]
