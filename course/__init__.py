"""The commands that workshop.py dispatches to. Those that need installed packages run in .venv's Python.

Importing them takes only the standard library and checks.stages: workshop.py reads the command line with them before
there is a .venv, so that it reports a mistyped word at once and not after the set-up.
"""
