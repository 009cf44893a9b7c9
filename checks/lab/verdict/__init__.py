"""From a run to a verdict: why it came to nothing, whether its figures hold, and what to try next."""
