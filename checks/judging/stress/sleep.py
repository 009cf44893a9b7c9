"""Sleep: whether gaps are so long that users pause, though no wait_time asks for it."""

from dataclasses import dataclass, replace

from checks.judging.stress.gaps import Gaps, are_many, in_all_steps
from checks.judging.stress.runs import FILE, PAIR
from checks.lab.outcome import Failed, amount

# Seconds between an answer and the next request. Beside eight busy loops on two cores, the quickest fortieth was at
# most 1.8 ms and the lower quartile at most 6 ms. The first reveals a sleep of fixed length, the second one of random
# length. If there are only few gaps, each of them has to be long.
QUICKEST, QUARTILE, LONG = 0.005, 0.015, 0.5
STALLS = 2  # times that a machine may stand still for long; each time delays every user once
NOISE = 2  # times the control's lower quartile, measured at the same time: a sleep adds more than that


@dataclass(frozen=True)
class Thresholds:
    """Upper limits for the gaps of users who don't sleep: seconds for the quickest fortieth and the lower quartile.

    `silences` is the most gaps that may exceed `silence` seconds. The defaults are for two users that are served.
    """

    quickest: float = QUICKEST
    quartile: float = QUARTILE
    silence: float = LONG
    silences: int = STALLS * PAIR

    def beside(self, control: list[float]) -> "Thresholds":
        """Return the thresholds for a machine on which users who never pause have these gaps, which are sorted."""
        usual = control[len(control) // 4]  # there are too few gaps for a meaningful quickest fortieth
        silences = self.silences + NOISE * sum(gap > self.silence for gap in control)
        return replace(self, quickest=self.quickest + usual, quartile=self.quartile + NOISE * usual, silences=silences)


OF_CROWD = Thresholds(quickest=0.01, quartile=0.03, silence=FILE.late, silences=STALLS * FILE.abreast)


def sleep_in(gaps: Gaps, thresholds: Thresholds, expected: str) -> Failed | None:
    """Return the failure of users who sleep; None if they don't."""
    rare = in_all_steps({step: own for step, own in gaps.items() if not are_many(own)})
    pooled = {"between two requests that are seldom sent": rare} if are_many(rare) else {}
    for step, own in {**gaps, **pooled}.items():
        if slept := _slept(own, thresholds):
            return Failed(
                f"{slept * 1000:.0f} ms pass {step}, as a rule, and no wait_time asked for them",
                expected,
                "look for a sleep in that task, or for work that takes as long",
            )
    silences = [gap for gap in in_all_steps(gaps) if gap > thresholds.silence]
    if len(silences) > thresholds.silences:
        often = amount(len(silences), "time")
        seen = f"{often} a user was silent for more than {thresholds.silence} s, for {max(silences):.1f} s at most"
        return Failed(seen, expected, "look for a sleep that comes now and then, or for work that takes as long")
    return None


def _slept(gaps: list[float], thresholds: Thresholds) -> float:
    """Return the seconds that users normally sleep, judged by the quick end of their gaps; 0 if they don't."""
    if not are_many(gaps):
        return gaps[0] if gaps[0] > LONG else 0.0
    is_slow = gaps[len(gaps) // 40] > thresholds.quickest or gaps[len(gaps) // 4] > thresholds.quartile
    return gaps[len(gaps) // 2] if is_slow else 0.0
