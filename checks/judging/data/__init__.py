"""Data of one's own: each user takes a row of a data file, keeps it, and asks an API about what belongs to it."""
