"""The lab: runs a submission in its own Locust process, serves the target, and judges by what the target saw.

What a check needs is here; the modules behind it are one noun each.
"""

from checks.lab.bench import Lab, Middleware
from checks.lab.diagnosis import aside, blamed, forbid_errors, require_requests
from checks.lab.distribution import Distribution
from checks.lab.faults import Answer, in_turn
from checks.lab.figures import is_reported, require_figures, require_reported
from checks.lab.findings import read_findings
from checks.lab.gate import AT_WORK, Gate, SingleFile, Turnstile, narrow
from checks.lab.holdings import Form, Holdings, Lack, Questions
from checks.lab.journal import Journal, Request, listed
from checks.lab.messages import columns, numbers
from checks.lab.peers import Peers
from checks.lab.record import Counted
from checks.lab.settings import Settings
from checks.lab.strain import strain
from checks.lab.swarm import Node, Run, Swarm
from checks.lab.target import Target
from checks.lab.thinking import Pause, are_all_the_same, crowded, pauses
from checks.lab.trial import DataFile, Trial, World
from checks.lab.verdict import Failed, Inconclusive, NotStarted, amount

__all__ = [
    "AT_WORK",
    "Answer",
    "Counted",
    "DataFile",
    "Distribution",
    "Failed",
    "Form",
    "Gate",
    "Holdings",
    "Inconclusive",
    "Journal",
    "Lab",
    "Lack",
    "Middleware",
    "Node",
    "NotStarted",
    "Pause",
    "Peers",
    "Questions",
    "Request",
    "Run",
    "Settings",
    "SingleFile",
    "Swarm",
    "Target",
    "Trial",
    "Turnstile",
    "World",
    "amount",
    "are_all_the_same",
    "aside",
    "blamed",
    "columns",
    "crowded",
    "forbid_errors",
    "in_turn",
    "is_reported",
    "listed",
    "narrow",
    "numbers",
    "pauses",
    "read_findings",
    "require_figures",
    "require_reported",
    "require_requests",
    "strain",
]
