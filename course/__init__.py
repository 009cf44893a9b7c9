"""The commands that workshop.py dispatches to. Those that need installed packages run in .venv's Python.

To import them takes no more than the standard library and checks.stages: workshop.py reads the command line with them
before there is a .venv, so that a mistyped word is told at once and not after the set-up.
"""
