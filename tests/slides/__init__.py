"""The slides: what the decks say, what INSTRUCTOR.md says about them, and how they look in a real browser."""
