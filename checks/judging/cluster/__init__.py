"""A master and its workers: which of them carry the load and hold which ids, and what happens when one is lost."""
