"""The verdict as people and scripts read it: in the terminal, as a page, as JSON."""
