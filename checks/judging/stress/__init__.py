"""What stage 02 asks: many users at work at once, none of whom pauses or stops."""
