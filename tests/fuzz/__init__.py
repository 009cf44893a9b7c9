"""Fuzzing: submissions that nobody had to think of, made by Hypothesis, against all that reads a submission."""
