"""Fuzzing: Hypothesis generates submissions and feeds them to all code that reads a submission."""
