"""From a run to a verdict: why a run came to nothing, whether its figures are complete, and what to try next."""
