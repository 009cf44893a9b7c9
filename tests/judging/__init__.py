"""Tests of the vocabularies that stages judge by."""
