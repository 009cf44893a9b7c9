"""`python -m checks.lab.batch PATH... --out DIR` is what `workshop.py grade` starts."""

import signal
import sys

from checks.lab.batch.folders import folders, real
from checks.lab.batch.options import objection_to, parsed
from checks.lab.batch.queue import Batch, Full, say

GROUP_GRACE = 6.0  # Ctrl-C reaches all processes of a terminal: none of them must get it twice
UNHEARD = 141  # a shell's status for a program whose output is no longer read


def main() -> int:
    """Grade what the command line names."""
    paths, wanted = parsed()
    if not wanted.checks():
        say(f"workshop.py: there is no check for {wanted.stage}.")
        return 1
    paths = [path for path in paths if real(path) != wanted.out]  # the second time, DIR/* includes DIR/report
    pairs = zip(paths, folders(paths, wanted.out), strict=True)
    objections = [(path, objection_to(path, folder, wanted)) for path, folder in pairs]
    if paths and all(objection for _, objection in objections):  # a mistake in the command, and nothing to grade
        for path, objection in objections:
            say(f"{wanted.shown(path)}: {objection}")
        return 1
    batch = Batch(paths, wanted)

    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]

    def stop(number: int, _frame: object) -> None:
        for each in signals:  # one signal is enough; a second must not disturb the clean-up
            signal.signal(each, signal.SIG_IGN)
        batch.stop.grace = GROUP_GRACE if number == signal.SIGINT else 0
        raise KeyboardInterrupt

    for number in signals:
        if signal.getsignal(number) != signal.SIG_IGN:  # what nohup ignores stays ignored
            signal.signal(number, stop)
    try:
        return batch.run()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return UNHEARD
    except (OSError, Full) as error:
        say(f"The reports can't be written: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
