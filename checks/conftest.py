"""Loads the lab's pytest plugin: everything else that the checks use comes from there."""

pytest_plugins = ["checks.lab.plugin"]
