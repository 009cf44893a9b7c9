"""The server that a submission is run against, and what it sees."""
