"""What several stages ask, as words that criteria use: pauses, data of one's own, masters and their workers."""
