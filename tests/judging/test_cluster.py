"""What a cluster's processes say, and what it means: announcements of workers, exceptions, silence."""

import time
from collections.abc import Sequence

import pytest

from checks.judging.cluster.announcements import Announcement, announcements
from checks.judging.cluster.late_master import require_announcement
from checks.judging.cluster.model import ClusterRun, Failover, LateMaster, newcomers
from checks.judging.cluster.processes import silence
from checks.judging.data.dataset import Dataset
from checks.judging.data.model import Form, Questions
from checks.lab.locust.record import Fault, Record, UserClass
from checks.lab.locust.run import Run
from checks.lab.outcome import Failed
from checks.lab.target.journal import Journal
from checks.lab.verdict.diagnosis import uncaught
from tests.lab.witness import journal, request

STARTING = "[2026-01-01 09:20:09,380] master-node/INFO/locust.main: Starting Locust 2.47.0\n"


@pytest.mark.parametrize(
    "line",
    [
        "waiting for the master",
        "No master yet.",
        "WARNING: could not reach the Locust master, retrying in 5 s",
        "Is the Master running? Nothing connected so far, still trying.",
        "Please start the master first.",
        "Coordinator offline",
        "127.0.0.1:5557 does not answer; will try again",
        "[2026-01-01 09:20:39,422] vm/INFO/locust.runners: Failed to connect to master 127.0.0.1:15557, retry 1/60.",
        "[2026-01-01 09:20:39,422] vm/WARNING/root: master missing",
    ],
)
def test_a_line_that_says_that_the_master_is_missing(line: str) -> None:
    assert announcements(f"{STARTING}{line}\n")


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "This process is a worker.",
        "I wait.",
        "asking the master for ids",
        "A worker of the master at 127.0.0.1:5557 has started.",
        'Traceback (most recent call last):\n  File "x.py", line 3, in f\n    if not isinstance(it, MasterRunner):\n'
        "AttributeError: no master",
    ],
)
def test_what_says_nothing_of_the_kind(printed: str) -> None:
    assert not announcements(STARTING + printed)


def test_exceptions_that_locust_logs_are_found_with_their_place() -> None:
    log = f"""{STARTING}[2026-01-01 09:20:09,380] vm/ERROR/root: Uncaught exception in handler for ask
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/locust/runners.py", line 1183, in handle_message
    listener(environment=self.environment, msg=msg)
  File "/tmp/lab-abc/work/locustfile.py", line 56, in on_ask
    owner = owners.pop(0)
            ^^^^^^^^^^^^^
IndexError: pop from empty list

[2026-01-01 09:20:10,380] vm/ERROR/locust.event: Uncaught exception in event handler:
Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/locust/event.py", line 40, in fire
    handler(**kwargs)
ValueError: not the submission's
"""
    assert uncaught(log) == (Fault("locustfile.py", 56, error="IndexError: pop from empty list"),)


def test_lines_that_differ_in_their_numbers_are_of_one_kind() -> None:
    printed = "12:01:03 no master, pid 4711\nno masters\n12:01:09 no master, pid 4712\n"
    assert list(announcements(printed).values()) == ["12:01:03 no master, pid 4711", "no masters"]


# --- a line that comes in any case

MISSING, LOOKING = "no master yet", "looking for the master"


def group(printed: Sequence[str], *, age: float = 30.0, before_init: str | None = None) -> ClusterRun:
    """Return a group of workers that found their master, and what each of them had printed."""
    record = Record(users=(UserClass("User", None),))
    run = Run(0, Journal(), record, "", 0, 30.0)
    names = [f"worker {number}" for number in range(1, len(printed) + 1)]
    logs = dict(zip(names, printed, strict=True))
    return ClusterRun(
        world=Dataset([], [], {}),
        decoys=frozenset(),
        files=frozenset(),
        questions=Questions("owner", "pet", "visits", (Form("/pets"),), (Form("/visits"),)),
        size=2,
        runs=dict.fromkeys(names, run),
        logs=logs,
        first_words=logs if before_init is None else dict.fromkeys(names, before_init),
        ages=dict.fromkeys(names, age),
        whole=run,
        ended_early=(),
        was_disturbed=False,
    )


def heard(said: Sequence[tuple[str, float]], others: Sequence[str], **more: object) -> None:
    """Judge what a worker said, and when, beside the output of workers that had a master from the start."""
    printed = "\n".join(line for line, _ in said)
    late = LateMaster(
        group=group([printed]),
        early="worker 1",
        said=tuple(Announcement(line, line, after) for line, after in said),
        printed=printed,
        alone=6.0,
        gave_up=False,
    )
    require_announcement(late, Failover(group(others, **more), Journal()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "others"),
    [
        ([(MISSING, 5.0)], ["", "", ""]),
        ([(MISSING, 1.0)], [MISSING, MISSING, ""]),  # two had to wait for their master, on a busy machine
        ([(LOOKING, 0.1), (MISSING, 5.0)], [LOOKING, LOOKING]),
        ([(MISSING, 11.9)], [""]),  # 10 s, and room for the machine
        ([(MISSING, 5.0)], []),
    ],
)
def test_a_line_for_want_of_a_master(said: list[tuple[str, float]], others: list[str]) -> None:
    heard(said, others)


@pytest.mark.parametrize(
    ("said", "others", "words"),
    [
        ([(MISSING, 0.1)], [MISSING, MISSING], "so did all workers that had one"),
        (
            [("no master: wait", 0.1)],
            ["no master, alas", "no master?"],
            "so did all workers",
        ),  # each time in other words
        ([(LOOKING, 0.1), (MISSING, 14.0)], [LOOKING], "14 s after it had begun: no master yet"),
        ([], [""], "it printed nothing"),
    ],
)
def test_a_line_that_tells_nothing(said: list[tuple[str, float]], others: list[str], words: str) -> None:
    with pytest.raises(Failed, match="had no master") as error:
        heard(said, others)
    assert words in error.value.seen


def test_what_is_printed_after_init_tells_nothing_of_the_time_before() -> None:
    heard([(MISSING, 5.0)], ["master found, no more waiting"] * 3, before_init="")


def test_a_worker_that_ended_too_early_to_say_it_is_no_witness() -> None:
    with pytest.raises(Failed):
        heard([(MISSING, 2.0)], [MISSING], age=8.0, before_init="")
    heard([(MISSING, 4.0)], [MISSING], age=8.0, before_init="")


# --- which users have stopped, which are new


def test_newcomers_are_those_who_sent_their_first_request_later() -> None:
    seen = journal(request("a", start=1), request("b", start=5), request("a", start=6), request("b", start=7))
    assert [each.start for each in newcomers(seen, since=3)] == [5, 7]


def test_silence_is_of_those_who_do_not_go_on() -> None:
    now = time.monotonic()
    seen = journal(*(request(str(user), end=now - user) for user in range(6)), request("5", end=now - 0.1))
    assert silence(seen, going_on=2) == pytest.approx(1, abs=0.5)
    assert silence(seen, going_on=5) == pytest.approx(4, abs=0.5)
    assert silence(seen, going_on=6) == 0
