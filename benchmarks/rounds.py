"""Stage 06's robust reference against chance: its processes are killed, cut off and started again, round by round.

    python benchmarks/rounds.py [--rounds 100] [--seed N]

One master, three workers, and as many users as ids. In each round something happens at a random moment: workers are
killed (kill -9), one quits, one loses its network for a while (SIGSTOP, SIGCONT), the master is killed and started
again, or several of these. Dead processes are replaced after a random time. Afterwards each id must have exactly one
user, and each surviving worker must be at work; and two users must never have had the same id at the same time. Ends
with status 1 if that fails. A round takes about 10 s.
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.fleet import Fleet, Process, doubles, fleet, send, until

IDS, WORKERS = 12, 3
PATIENCE_S = 40.0  # Locust misses a worker after 4 to 8 s; a busy machine gets longer
EVENTS = ("one killed", "two killed", "one quits", "one cut off", "master killed", "master and one killed")


class Chaos:
    """A swarm to which things happen."""

    def __init__(self, processes: Fleet, rng: random.Random) -> None:
        self.fleet, self.rng = processes, rng
        self.workers = [processes.start_worker() for _ in range(WORKERS)]
        self.master = self._new_master()
        self.survivors = {worker.pid for worker in self.workers}  # workers that had users, and should again
        self.dismissed = self.prompted = 0

    def _new_master(self) -> Process:
        return self.fleet.start_master(IDS, "--enable-rebalancing", workers=WORKERS)

    def happen(self, event: str) -> None:
        """Make an event happen, and replace the processes that have died."""
        self.survivors = self.fleet.at_work()
        self._pause(1)
        victims = self.rng.sample(self.workers, 2 if event == "two killed" else 1)
        if event == "one cut off":
            send(victims[0], "SIGSTOP")
            self._pause(9)
            send(victims[0], "SIGCONT")
            return
        if "master" in event:
            send(self.master, "SIGKILL")
            self._pause(3)
        if event != "master killed":
            for victim in victims:
                send(victim, "SIGTERM" if event == "one quits" else "SIGKILL")
                self._pause(2)
            until(lambda: all(victim.poll() is not None for victim in victims), PATIENCE_S)
        if "master" in event:
            self.master = self._new_master()
        self._pause(6)
        self.replace_the_dead()

    def _pause(self, most: float) -> None:
        time.sleep(self.rng.uniform(0, most))

    def replace_the_dead(self) -> None:
        """Start a worker for each that has ended."""
        self.survivors -= {worker.pid for worker in self.workers if worker.poll() is not None}
        self.workers = [worker if worker.poll() is None else self.fleet.start_worker() for worker in self.workers]

    def replace_the_dismissed(self) -> None:
        """Start a worker for each that a new master has told to quit.

        Locust 2.47 does that if a worker's message that its users have started was meant for the previous master. If
        that was the new master's last worker, the test is over, and a master without a web page ends or goes deaf.
        """
        if "The last worker quit" in self.fleet.log(self.master):
            send(self.master, "SIGKILL")
            self.master.wait()
            self.master = self._new_master()
        for worker in self.workers:
            if worker.poll() is not None and "Got quit message from master" in self.fleet.log(worker):
                self.dismissed += 1
                self.replace_the_dead()

    def recovers(self) -> bool:
        """Tell whether each id gets exactly one user, with all survivors at work, in the master's own test.

        A new worker may stay without users: Locust 2.47 overlooks one that comes while it redistributes users.
        """
        return until(self._is_well, PATIENCE_S) or self._recovers_with_a_new_worker()

    def _recovers_with_a_new_worker(self) -> bool:
        """Replace a worker and look again.

        Locust 2.47 may give users to a worker that has just died. It then looks again only when a worker comes, with or
        without rebalancing: until then there are fewer users than ids, but no id is lost.
        """
        self.prompted += 1
        send(self.workers[-1], "SIGTERM")
        until(lambda: self.workers[-1].poll() is not None, PATIENCE_S)
        self.replace_the_dead()
        return until(self._is_well, PATIENCE_S)

    def _is_well(self) -> bool:
        self.replace_the_dismissed()
        return self._has_spawned() and self.survivors <= self._alive() and self.fleet.settled(self.survivors)

    def _alive(self) -> set[int]:
        return {worker.pid for worker in self.workers if worker.poll() is None}

    def _has_spawned(self) -> bool:
        log = self.fleet.log(self.master)
        return "All users spawned" in log or "Spawning is complete" in log


def run(rounds: int, seed: int) -> list[str]:
    """Return what went wrong; print a line for each round."""
    rng, wrong, seen = random.Random(seed), list[str](), Counter[str]()
    with fleet(IDS) as processes:
        chaos = Chaos(processes, rng)
        if not chaos.recovers():
            return [f"the swarm did not start:\n{processes.log(chaos.master)}"]
        for number in range(1, rounds + 1):
            event = EVENTS[(number - 1) % len(EVENTS)] if rounds < 3 * len(EVENTS) else rng.choice(EVENTS)
            started = time.monotonic()
            chaos.happen(event)
            happened, recovered = time.monotonic() - started, chaos.recovers()
            took = time.monotonic() - started - happened
            seen[event] += 1
            found = doubles(processes.requests(since=started))
            print(f"{number:3} {event:22} {happened:5.1f} s, then well after {took:4.1f} s", flush=True)
            if not recovered or found:
                state = {owner_id: sorted(users) for owner_id, users in processes.holders().items()}
                wrong += [
                    f"round {number}, {event}: {found[:5]} {state}",
                    *map(processes.log, processes.processes[-4:]),
                ]
                break
        print(f"{len(processes.requests())} requests; {dict(seen)}; workers told to quit by Locust: {chaos.dismissed}")
        print(f"rounds in which Locust shared its users out only when one more worker came: {chaos.prompted}")
    return wrong


def main() -> int:
    """Print the rounds; return 1 if an id was held twice or lost, or a worker stopped working."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=100, help="how many (100)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats a choice of events")
    options = parser.parse_args()
    print(f"{options.rounds} rounds, seed {options.seed}: {IDS} ids and as many users on {WORKERS} workers", flush=True)
    wrong = run(options.rounds, options.seed)
    print("\n".join(wrong) or f"after each of {options.rounds} rounds every id had one user, and never two at once")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
