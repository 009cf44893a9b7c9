"""Stage 06's robust reference: its policy under random actions, its wiring in real processes, the verdict on it."""
