"""Tests of the functions with which stages judge."""
