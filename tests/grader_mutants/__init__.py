"""Mutants of the graders: python -m tests.grader_mutants."""
