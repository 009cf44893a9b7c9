"""Variations of recorded runs, a module for each stage."""
