"""The lab: runs a submission in its own Locust process, serves the target, and judges by what the target saw.

What a check needs is here; the modules behind it are one noun each.
"""

from checks.lab.bench import Lab
from checks.lab.diagnosis import aside, require_requests
from checks.lab.journal import Journal, Request
from checks.lab.swarm import Run
from checks.lab.thinking import NOISE, Pause, crowded, pauses
from checks.lab.verdict import Failed, Inconclusive, NotStarted

__all__ = [
    "NOISE",
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
    "pauses",
    "require_requests",
]
