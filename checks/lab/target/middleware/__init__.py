"""Middleware in front of the served application, which changes when, or with what, it answers."""
