"""The demo of stage 05."""

from course.demos import Rows


def seen(rows: Rows) -> str:
    """Says what the demo has shown."""
    names = ("GET /owners/[owner_id]/pets", "GET /pets/[pet_id]/visits")
    pets, visits = (rows[name]["Request Count"] if name in rows else 0 for name in names)
    return (
        f"each user was an owner from owners.csv, in turn and for life. They asked {pets} times for their own pets and "
        f"{visits} times for visits of these: two rows, however many ids; {rows['Aggregated']['Failure Count']} failed."
    )
