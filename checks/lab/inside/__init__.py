"""What runs in a submission's process. It imports nothing of the course."""
