"""What was handed in: found, unpacked, vetted, and read once."""
