"""What a submission's Python says, read in a process with limits; nothing of it runs."""
