"""The demo of stage 03."""

from course.demos import Rows


def seen(rows: Rows) -> str:
    """Says what the demo has shown."""
    page = rows.get("GET /") or rows["Aggregated"]  # a run of a second may not have reached the page
    failed = 100 * int(page["Failure Count"]) / max(1, int(page["Request Count"]))
    return (
        f"about {failed:.0f} % of the dashboards failed although the shop answered each one with 200: "
        f"they took more than 3000 ms (median {page['Median Response Time']} ms)."
    )
