"""The control: users who never pause, run beside the submission's, tell a sleep from a busy machine."""

from typing import NoReturn

from checks.judging.stress.gaps import Gaps, are_many, gaps, gaps_in_single_file, in_all_steps
from checks.judging.stress.runs import StressTest
from checks.judging.stress.sleep import OF_CROWD, QUARTILE, Thresholds, sleep_in
from checks.lab.outcome import Failed, Inconclusive, amount

STANDSTILL = 2.0  # seconds by which a control is late: a shorter delay does not explain why users never come
OTHERS = "users who never pause"


def forbid_sleep(trial: StressTest, expected: str) -> None:
    """Require that no user sleeps: neither the two that are served, nor those that are let out in single file.

    Raises:
        Failed: they sleep, and do so again beside a control that is quick.
        Inconclusive: the control is late as well, so it may be the machine; or no user sent enough to judge by.
    """
    shown = trial.pair.shown
    if sleep_in(gaps(shown), Thresholds(), expected):
        _forbid_sleep_beside(*trial.pair_beside_control, Thresholds(), expected)
    if sleep_in(gaps_in_single_file(trial.crowd.journal, trial.gate), OF_CROWD, expected):
        expected_of_all = f"{expected}, with {trial.users} users too"
        _forbid_sleep_beside(*trial.crowd_beside_control, OF_CROWD, expected_of_all)
    if not are_many(in_all_steps(gaps(shown))):
        seen = f"{len(shown)} requests in {trial.pair.run.seconds:.0f} s are too few to judge by"
        raise_for_too_few(trial, seen, expected)


def raise_for_too_few(trial: StressTest, seen: str, expected: str) -> NoReturn:
    """Watch two users that sent too little once more, beside the control.

    Raises:
        Failed: they sleep or send too little again, and the control doesn't.
        Inconclusive: the control does so as well, or the users don't this time.
    """
    _forbid_sleep_beside(*trial.pair_beside_control, Thresholds(), expected)
    raise Inconclusive(f"{seen}, though they went on when they were watched once more; try again")


def _forbid_sleep_beside(own: Gaps, others: Gaps, thresholds: Thresholds, expected: str) -> None:
    """Require that users don't sleep while they are watched beside the control.

    Raises:
        Failed: they sleep, or send too little, and the control doesn't.
        Inconclusive: the control does so as well.
    """
    control = in_all_steps(others)
    if not are_many(control):
        raise Inconclusive(f"{len(control)} requests of the grader's own users are too few; try again")
    failure = sleep_in(own, thresholds.beside(control), expected)
    # A crowd that never waited at the gate together is compared with two users who had the shop to themselves.
    if failure and thresholds is OF_CROWD and (why := busy(control)):
        raise Inconclusive(f"{why}; try again when the machine is less busy")
    if failure:
        raise failure
    if sleep_in(own, thresholds, expected):
        seen = f"{OTHERS} were {control[len(control) // 2] * 1000:.0f} ms late at the same time"
        raise Inconclusive(f"{seen}; try again when the machine is less busy")
    if not are_many(found := in_all_steps(own)):
        seen = f"watched once more, users sent {amount(len(found), 'request')}, and {OTHERS} {len(control)}"
        raise Failed(seen, expected, "look for a sleep, for work that takes long, or for what makes users stop")


def busy(control: list[float]) -> str:
    """Return how the gaps of a control show that the machine is too busy; empty if they don't."""
    if not are_many(control):
        return f"{OTHERS} came to {amount(len(control), 'request')}"
    if control[-1] > STANDSTILL:
        return f"one of the {OTHERS} was {control[-1]:.1f} s late"
    late = control[len(control) // 2]
    return f"{OTHERS} were {late * 1000:.0f} ms late" if late > QUARTILE else ""
