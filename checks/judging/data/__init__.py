"""Data for each user: a user takes a row of a data file, keeps it, and asks an API about the row's things."""
