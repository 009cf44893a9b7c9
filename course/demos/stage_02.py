"""The demo of stage 02."""

from course.demos import Rows


def seen(rows: Rows) -> str:
    """Says what the demo has shown."""
    total = rows["Aggregated"]
    return (
        f"a shop that can do 100 requests/s did {float(total['Requests/s']):.0f}, however many users pushed; "
        f"they queued instead, {total['Median Response Time']} ms each, and {total['Failure Count']} requests failed."
    )
