"""What stage 02 asks: many users at work at once, none of which pauses or stops."""
