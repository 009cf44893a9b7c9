"""Many submissions: graded side by side, kept, and set out in one summary."""
