"""Locust itself: real processes, alone or as master and workers, and the records that they wrote."""
