"""Graded runs, recorded once and judged again in milliseconds: python -m tests.replay."""
