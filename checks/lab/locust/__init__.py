"""Locust itself: real processes, alone or as master and workers, and what they wrote down."""
