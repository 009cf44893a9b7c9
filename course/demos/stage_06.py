"""The demo of stage 06."""

from course.demos import Rows


def seen(rows: Rows) -> str:
    """Says what the demo has shown."""
    total = rows["Aggregated"]
    return (
        "each user had the owner that the master's desk gave it, in one process that is master and worker at once: "
        f"{total['Request Count']} requests, {total['Failure Count']} failed. With --master and --worker, in terminals "
        "of their own, the same file does the same on many machines."
    )
