"""The stage that a word of the command line means."""

import re
from collections.abc import Iterable

from checks.stages import STAGES, Stage
from course.ending import Stop

NUMBERED = tuple(stage for stage in STAGES.values() if stage.number)


def chosen(wanted: str, among: Iterable[Stage] = NUMBERED) -> Stage:
    """Returns the stage that `01`, `1`, its name or its folder means; raises Stop with the list if there is none."""
    stages = {stage.name: stage for stage in among}
    folder = re.split(r"[\\/]", wanted.rstrip("\\/"))[-1]  # as a shell completes it, on Windows, too
    for name, stage in stages.items():
        if folder.zfill(2) in (name, name.split("_")[0]):
            return stage
    raise Stop(f"there is no stage {wanted!r} here; there are: {', '.join(stages)}.")
