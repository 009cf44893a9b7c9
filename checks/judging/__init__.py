"""What several stages ask, as words that criteria use: pauses, rows of a data file, ids that a master deals out."""
