"""A master and its workers: who carries the load, who holds which id, and what becomes of both when one is lost."""
