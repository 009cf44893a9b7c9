"""Scripts that measure what the documents claim, and draw it."""
