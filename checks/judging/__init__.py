"""What several stages ask, as functions that criteria call: pauses, data for each user, masters and workers."""
