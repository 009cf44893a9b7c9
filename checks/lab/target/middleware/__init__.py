"""What stands in front of the served application and changes when, or with what, it answers."""
