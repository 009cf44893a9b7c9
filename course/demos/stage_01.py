"""The demo of stage 01."""

from course.demos import Rows


def seen(rows: Rows) -> str:
    """Says what the demo has shown."""
    failed = rows["Aggregated"]["Failure Count"]
    return (
        f"each user added a pet, then opened the dashboard, and thought for 1 to 3 seconds after each; {failed} failed."
    )
